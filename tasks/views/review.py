from django.http import HttpRequest, HttpResponse


def review_inbox(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def endorse_inbox(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)
