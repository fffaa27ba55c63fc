"""隨系統給出的佐證形式及其要求：列在這裏，簡體目錄裏才有它們。

它們在庫裏是數據（見遷移 0003），辦公室可以增改；顯示時經 |translated 照目錄換字，
改過的和自己添的與這裏不再相同，也就照原樣。
"""

from django.utils.translation import gettext_noop

EVIDENCE_FORMS = (
    gettext_noop("規範文件"),
    gettext_noop("帶文號的正式文件，紅頭頁要掃描清楚。"),
    gettext_noop("說明報告"),
    gettext_noop("說明做了什麼、成效如何，500 字以內，不用蓋章。"),
    gettext_noop("實景圖片"),
    gettext_noop("看得到單位名稱和日期，每張附一句說明。"),
    gettext_noop("統計表格"),
    gettext_noop("註明統計期間和單位。"),
    gettext_noop("會議記錄"),
    gettext_noop("時間、地點、參加人、議定事項齊全。"),
    gettext_noop("簽到表"),
    gettext_noop("有本人簽名和日期。"),
    gettext_noop("榮譽證書"),
    gettext_noop("看得清授予機關和日期。"),
    gettext_noop("系統數據"),
    gettext_noop("截圖或導出表，註明截至時間。"),
    gettext_noop("問卷"),
    gettext_noop("問卷樣張和匯總結果。"),
    gettext_noop("主管部門意見"),
    gettext_noop("主管部門書面出具並註明日期。"),
    gettext_noop("台賬"),
    gettext_noop("按月登記，沒有發生也要零報告。"),
)
