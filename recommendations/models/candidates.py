"""推薦對象：一個單位（行業、窗口、示範點）或一個人，連同事蹟、佐證和逐條的認定。"""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Seat
from campaigns.standing import Standing
from people.models import Department, User
from recommendations.models.programmes import Condition, Programme
from tasks.models import EvidenceFile, EvidenceLink, WrongState

DEEDS_LIMIT = 1500


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def visible_to(self, standing: Standing) -> "CandidateQuerySet":
        """辦公室、組長、副組長看全部；成員從表決起；本單位和本人看自己的；公示了的人人可看。

        與 policies.can_see_candidate 同一規則，兩者一致由測試守住。
        """
        above = [pk for pk in standing.seats if standing.is_office(pk) or standing.is_leader(pk)]
        member = [pk for pk, roles in standing.seats.items() if Seat.Role.MEMBER in roles]
        own = Q(department__in=standing.departments) | Q(person=standing.user_id)
        voted = Q(programme__campaign__in=member) & ~Q(programme__state__in=["draft", "open"])
        public = Q(programme__state__in=Programme.PUBLIC, state__in=Candidate.ON_LIST)
        return self.filter(Q(programme__campaign__in=above) | own | voted | public)

    def live(self) -> "CandidateQuerySet":
        """還在程序裏的。"""
        return self.exclude(state__in=Candidate.OUT)

    def with_everything(self) -> "CandidateQuerySet":
        return self.select_related(
            "programme__campaign", "department", "person", "nominated_by", "settled_by"
        )


class Candidate(models.Model):
    """一個推薦對象。名稱記當時的；單位後來改名，表決、公示和報送的材料不變。"""

    class State(models.TextChoices):
        NOMINATED = "nominated", _("已推薦")
        WITHDRAWN = "withdrawn", _("已撤回")
        REJECTED = "rejected", _("條件不符")
        BALLOTED = "balloted", _("表決中")
        NOT_PASSED = "not_passed", _("表決未通過")
        PASSED = "passed", _("表決通過")
        EXCLUDED = "excluded", _("已取消")
        SUBMITTED = "submitted", _("已報送")
        GRANTED = "granted", _("上級同意")
        NOT_GRANTED = "not_granted", _("上級未同意")

    Kind = Programme.Whom
    OUT = (State.WITHDRAWN, State.REJECTED, State.NOT_PASSED, State.EXCLUDED, State.NOT_GRANTED)
    ON_LIST = (State.PASSED, State.SUBMITTED, State.GRANTED, State.NOT_GRANTED)

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="candidates")
    kind = models.CharField(_("類別"), max_length=10, choices=Programme.Whom)
    department = models.ForeignKey(
        Department,
        verbose_name=_("單位"),
        on_delete=models.PROTECT,
        related_name="recommendations",
    )
    department_name = models.CharField(_("單位名稱"), max_length=60)
    person = models.ForeignKey(
        User,
        verbose_name=_("個人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recommendations",
    )
    person_name = models.CharField(_("姓名"), max_length=40, blank=True)
    person_post = models.CharField(_("職務"), max_length=120, blank=True)
    deeds = models.TextField(_("主要事蹟"), max_length=DEEDS_LIMIT)
    state = models.CharField(_("狀態"), max_length=12, choices=State, default=State.NOMINATED)
    nominated_by = models.ForeignKey(
        User, verbose_name=_("推薦人"), on_delete=models.PROTECT, related_name="+"
    )
    nominated_at = models.DateTimeField(_("推薦時間"))
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(_("退出時間"), null=True, blank=True)
    settled_reason = models.TextField(_("退出的理由"), max_length=2000, blank=True)
    examined = models.JSONField(_("提交表決時的條件"), default=list, blank=True)
    tally = models.JSONField(_("表決結果"), default=dict, blank=True)
    place = models.PositiveSmallIntegerField(_("按得票排第幾"), null=True, blank=True)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = _("推薦對象")
        verbose_name_plural = _("推薦對象")
        ordering = [
            models.F("place").asc(nulls_last=True),
            "department__position",
            "pk",
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "department", "kind"],
                condition=Q(person__isnull=True) & ~Q(state="withdrawn"),
                name="candidate_unit_once",
                violation_error_message=_("這個單位已在名單上，不用再推薦。"),
            ),
            models.UniqueConstraint(
                fields=["programme", "person"],
                condition=Q(person__isnull=False) & ~Q(state="withdrawn"),
                name="candidate_person_once",
                violation_error_message=_("這個人已在名單上，不用再推薦。"),
            ),
            models.UniqueConstraint(
                fields=["programme", "place"],
                condition=Q(place__isnull=False),
                name="candidate_place_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="person", person__isnull=False)
                | (~Q(kind="person") & Q(person__isnull=True)),
                name="candidate_person_only_for_persons",
                violation_error_message=_("推薦個人時選人，推薦單位時不選。"),
            ),
        ]

    def __str__(self) -> str:
        if self.person_id:
            return gettext("%(unit)s%(name)s") % {
                "unit": self.department_name,
                "name": self.person_name,
            }
        return self.department_name

    def get_absolute_url(self) -> str:
        return reverse("recommendations:candidate", args=[self.pk])

    def refusal(self, *states: str) -> str:
        """只在這幾種狀態辦的事，現在為什麼不能辦；能辦的為空。"""
        if self.state in states:
            return ""
        words = {
            "candidate": self,
            "state": self.get_state_display(),
            "next": _NEXT[self.State(self.state)],
        }
        return gettext("%(candidate)s現在是「%(state)s」：%(next)s。") % words

    def require(self, *states: str) -> None:
        """Raises WrongState，說明現在是什麼、為什麼不能辦。"""
        if words := self.refusal(*states):
            raise WrongState(words)

    def leave(self, state: str, *, actor: User, reason: str, at: datetime) -> None:
        """退出程序：撤回、條件不符、未通過、取消。"""
        self.state, self.settled_reason = state, reason
        self.settled_by, self.settled_at = actor, at

    @property
    def is_out(self) -> bool:
        return self.state in self.OUT

    @property
    def is_on_list(self) -> bool:
        """在公示、報送的名單上。"""
        return self.state in self.ON_LIST


#: 在這種狀態的對象怎樣了，接在「現在是……」後面。
_NEXT = {
    Candidate.State.NOMINATED: _("還沒有提交表決，事蹟、佐證和條件的認定都可以改"),
    Candidate.State.WITHDRAWN: _("要推薦的，申報截止以前重新推薦"),
    Candidate.State.REJECTED: _("沒有進入表決，不再往下走"),
    Candidate.State.BALLOTED: _("表決結束以前，事蹟、材料和認定不再改"),
    Candidate.State.NOT_PASSED: _("不再往下走，記錄都留着"),
    Candidate.State.PASSED: _("事蹟、材料和認定不再改，公示期滿、異議查清以後報送"),
    Candidate.State.EXCLUDED: _("不再往下走，記錄都留着"),
    Candidate.State.SUBMITTED: _("材料已定稿，等上級批覆"),
    Candidate.State.GRANTED: _("已經批覆，不能再改"),
    Candidate.State.NOT_GRANTED: _("已經批覆，不能再改"),
}


class Ruling(models.Model):
    """辦公室對一個對象的一項條件的認定：確認（系統查不了的），或豁免。理由留着。"""

    class Outcome(models.TextChoices):
        MET = "met", _("確認滿足")
        NOT_MET = "not_met", _("不滿足")
        WAIVED = "waived", _("豁免")

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="rulings")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="rulings")
    outcome = models.CharField(_("認定"), max_length=8, choices=Outcome)
    reason = models.CharField(_("理由"), max_length=300)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("認定時間"))

    class Meta:
        verbose_name = _("條件認定")
        verbose_name_plural = _("條件認定")
        ordering = ["candidate", "condition"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "condition"], name="ruling_once_a_condition"
            )
        ]

    def __str__(self) -> str:
        return f"{self.candidate} {self.condition} {self.get_outcome_display()}"


class Attachment(models.Model):
    """一件材料：事蹟的佐證（新傳的，或取自已採用的 link）、異議的核查材料、上級的批覆。"""

    class Part(models.TextChoices):
        DEEDS = "deeds", _("事蹟佐證")
        OBJECTION = "objection", _("核查材料")
        ANSWER = "answer", _("上級批覆")

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="files")
    part = models.CharField(_("用途"), max_length=10, choices=Part, default=Part.DEEDS)
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(
        EvidenceLink, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("推薦材料")
        verbose_name_plural = _("推薦材料")
        ordering = ["part", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "part", "file"],
                condition=Q(removed_at__isnull=True),
                name="recommendation_file_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("recommendations:file", args=[self.pk])

    @property
    def as_json(self) -> dict[str, Any]:
        """報送時凍結的一行。file 要先取好。"""
        return {"name": self.name, "sha256": self.file.sha256, "size": self.file.size}
