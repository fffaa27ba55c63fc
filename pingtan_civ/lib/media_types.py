"""文件的媒體類型：交出文件時告訴瀏覽器的，只在這裏寫一遍。收上傳時認的各種見 upload_kinds。"""

_OPENXML = "application/vnd.openxmlformats-officedocument."

DOCX = _OPENXML + "wordprocessingml.document"
XLSX = _OPENXML + "spreadsheetml.sheet"
PPTX = _OPENXML + "presentationml.presentation"
PDF = "application/pdf"
