from django.http import HttpRequest, HttpResponse


def current(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def breakdown(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)
