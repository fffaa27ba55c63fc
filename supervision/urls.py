"""督辦的網址。"""

from django.urls import path

from supervision.models import Order
from supervision.views import answers, decisions, files, orders, register

app_name = "supervision"

_ORDER = "supervision/<int:pk>/"

urlpatterns = [
    path("supervision/", register.order_list, name="order-list"),
    path(
        "supervision/rectifications/",
        register.order_list,
        {"only": Order.Source.RECTIFICATION.value},
        "rectification-list",
    ),
    path("supervision/export/", register.order_export, name="order-export"),
    path("supervision/instructions/", register.instructions, name="instructions"),
    path("supervision/new/", orders.order_create, name="order-create"),
    path(_ORDER, orders.order_detail, name="order-detail"),
    path(_ORDER + "edit/", orders.order_edit, name="order-edit"),
    path(_ORDER + "issue/", orders.order_issue, name="order-issue"),
    path(_ORDER + "cancel/", orders.order_cancel, name="order-cancel"),
    path(_ORDER + "suspend/", orders.order_suspend, name="order-suspend"),
    path(_ORDER + "resume/", orders.order_resume, name="order-resume"),
    path(_ORDER + "acknowledge/", answers.acknowledge, name="order-acknowledge"),
    path(_ORDER + "answer/", answers.answer, name="order-answer"),
    path(_ORDER + "answer/draft/", answers.answer_draft, name="answer-draft"),
    path(_ORDER + "sign/", answers.sign, name="order-sign"),
    path(_ORDER + "give-back/", answers.give_back, name="order-give-back"),
    path(_ORDER + "extension/", answers.extension, name="extension"),
    path("supervision/extensions/<int:pk>/", answers.extension_decide, name="extension-decide"),
    path(
        "supervision/extensions/<int:pk>/withdraw/",
        answers.extension_withdraw,
        name="extension-withdraw",
    ),
    path(_ORDER + "read/", decisions.verdict, name="order-read"),
    path(_ORDER + "redo/", decisions.redo, name="order-redo"),
    path(_ORDER + "send-back/", decisions.send_back, name="order-send-back"),
    path(_ORDER + "close/", decisions.close, name="order-close"),
    path(_ORDER + "notice/", files.notice, name="order-notice"),
    path(_ORDER + "files/", files.file_add, name="file-add"),
    path("supervision/files/<int:pk>/", files.file, name="file"),
    path("supervision/files/<int:pk>/small/", files.file_thumb, name="file-thumb"),
    path("supervision/files/<int:pk>/remove/", files.file_remove, name="file-remove"),
    *(
        path(
            f"supervision/instruct/{kind}/<int:pk>/",
            decisions.instruct,
            {"kind": kind},
            f"instruct-{kind}",
        )
        for kind in ("measure", "submission", "report")
    ),
]
