"""隨系統給出的退回常用語：列在這裏，簡體目錄裏才有它們（見 campaigns.seed_words）。"""

from django.utils.translation import gettext_noop

REVIEW_PHRASES = (
    gettext_noop("佐證不足，請補齊要求的材料"),
    gettext_noop("數字前後不一致，請核對後重報"),
    gettext_noop("內容空泛，請寫明具體做法和成效"),
    gettext_noop("未說明預計完成時間，請補充"),
    gettext_noop("報的不是本期的進展，請按本期重寫"),
    gettext_noop("零報告理由不充分，請說明情況或補報進展"),
    gettext_noop("照片不清，請換一張清晰的"),
    gettext_noop("看不出單位和日期，請重拍或換一件"),
    gettext_noop("不是本期的材料，請換本期的"),
    gettext_noop("與填報內容無關，請換相關的材料"),
    gettext_noop("缺公章或簽名，請補全後重傳"),
    gettext_noop("頁面不全，請上傳完整文件"),
)
