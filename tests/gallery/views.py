from datetime import date

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from pingtan_civ import ui

SAVED: dict[str, str] = {}


class SampleForm(forms.Form):
    percent = forms.IntegerField(
        label="完成進度", help_text="上月審核通過為 60%。", min_value=0, max_value=100
    )
    narrative = forms.CharField(
        label="本月做了什麼",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=20,
        help_text="寫事實和數字，不寫過程和認識。",
    )
    problems = forms.CharField(label="存在的問題", widget=forms.Textarea, required=False)
    planned = forms.DateField(label="預計完成日期", widget=forms.DateInput(attrs={"type": "date"}))
    unit = forms.ChoiceField(
        label="單位", choices=[("", "請選擇"), ("a", "殯儀館"), ("b", "婚姻登記處")]
    )
    help_from = forms.ChoiceField(
        label="需要協調",
        widget=forms.RadioSelect,
        choices=[("", "不需要"), ("office", "需要辦公室協調")],
        required=False,
    )
    standards = forms.MultipleChoiceField(
        label="完成標準",
        widget=forms.CheckboxSelectMultiple,
        choices=[("1", "四類教育各不少於 1 場"), ("2", "有總結")],
        required=False,
    )
    agree = forms.BooleanField(label="內容屬實", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.helper = ui.form_helper()


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    if request.GET.get("say"):
        ui.say(request, "已退回，經辦人將收到通知。", undo=reverse("gallery-save"))
        messages.error(request, "沒有辦成：這份進展剛被退回。")
    context = {
        "due": date(2026, 11, 26),
        "crumbs": [("任務分解", "/gallery/"), ("3-04", "")],
        "page": Paginator(range(95), 20).page(2),
        "tabs": [
            {"label": "全部", "url": "?", "count": 42, "current": True},
            {"label": "逾期和臨期", "url": "?light=bad", "count": 7, "bad": True},
        ],
        "options": [{"label": "殯儀館", "url": "?dept=1"}, {"label": "養老院", "url": "?dept=2"}],
        "timeline": [
            {"state": "bad", "title": "11 月進展未報", "when": ui.short_date(date(2026, 11, 25))},
            {
                "state": "done",
                "title": "10 月進展：45% → 60%",
                "tags": [("審核通過", ""), ("退回 1 次", "")],
                "text": "服務承諾和監督電話已上牆。",
                "meta": "辦公室：同意。",
            },
        ],
        "steps": [("填報", "11月20日", "done"), ("初審", "", "now"), ("審核", "", "")],
        "facts": [("牽頭單位", "殯儀館"), ("責任領導", "分管副局長"), ("考核分值", None)],
    }
    return render(request, "gallery.html", context)


@login_not_required
def form_page(request: HttpRequest) -> HttpResponse:
    form = SampleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("gallery")
    return render(request, "gallery_form.html", {"form": form, "crispy": "crispy" in request.GET})


@login_not_required
def save(request: HttpRequest) -> HttpResponse:
    SAVED.update(request.POST.dict())
    match request.POST.get("problems", ""):
        case "衝突":
            return HttpResponse(status=409)
        case "過期":
            return redirect("gallery-sign-in")
    version = int(request.POST.get("version") or 0) + 1
    return JsonResponse({"saved_at": "14:32", "version": version})


@login_not_required
def upload(request: HttpRequest) -> HttpResponse:
    sent = request.FILES["file"]
    if sent.name.endswith(".exe"):
        return HttpResponse("這種格式不能作為佐證。", status=422, content_type="text/plain")
    return HttpResponse(f'<li class="c-file"><span class="ph"></span><div>{sent.name}</div></li>')


@login_not_required
def fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("祕密的內部信息")


@login_not_required
def refuses(request: HttpRequest) -> HttpResponse:
    if request.GET.get("kind") == "404":
        raise Http404("編號 3-44 不存在，可能已合併或撤銷。")
    if request.GET.get("kind") == "english":
        raise Http404("No Measure matches the given query.")
    raise PermissionDenied("評分在公示前只對領導小組和辦公室開放。")


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    form = AuthenticationForm(request, data=request.POST or None)
    lines = ["用賬號 office 登錄。", "密碼在啟動時的窗口裏。", "先看「創建總覽」。"]
    context = {"form": form, "first_visit": lines, "next": request.GET.get("next", "")}
    return render(request, "people/sign_in_page.html", context)
