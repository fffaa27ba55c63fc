"""交出一份現做的文件。"""

from io import BytesIO

from django.http import FileResponse


def attachment(data: bytes, name: str, content_type: str) -> FileResponse:
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=content_type)
