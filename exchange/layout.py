"""一份表裏我們自己加的東西叫什麼。子進程裏也用，所以不引入 Django。"""

#: 隱藏的兩列：哪一行，導出時每格是什麼。
KEY, STAMP = "系統編號", "校驗"
#: 隱藏的兩張工作表：是什麼表，下拉的名單。
META, LISTS = "pt-exchange", "pt-lists"
#: 退回的一份裏附上的一列。
MESSAGE = "需要修改的地方"
#: 一格最多這麼多字（Excel 自己的上限是 32767）。
LONGEST = 32_000
#: 再往右的列不看。
MAX_COLUMNS = 60
#: 表頭在這幾行裏找。
HEADING_ROWS = 10
