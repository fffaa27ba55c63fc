from django.http import HttpRequest, HttpResponse


def submission(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def my_reports(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def evidence_file(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)
