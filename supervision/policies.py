"""督辦：誰可以做什麼。都問 Standing（今天的身份），只回答是或否。"""

from collections.abc import Collection

from campaigns.models import Campaign
from campaigns.standing import Standing
from supervision.models import Attachment, Extension, Order, Round


def can_manage(standing: Standing, campaign: Campaign | int) -> bool:
    """起草、交辦、改派、中止、撤銷、退回、銷號：本活動辦公室。"""
    return standing.is_office(campaign)


def can_open_order(standing: Standing, campaign: Campaign) -> bool:
    """新開一張督辦單：本活動辦公室，活動進行中。"""
    return standing.is_office(campaign) and campaign.is_open


def can_instruct(
    standing: Standing, campaign: Campaign, departments: Collection[int | None]
) -> bool:
    """批示：組長都可以；副組長只在自己分管的單位上。departments 為空的（彙報）副組長也可以。"""
    if not campaign.is_open:
        return False
    if standing.is_chair(campaign):
        return True
    asked = {pk for pk in departments if pk}
    return standing.is_deputy(campaign) and asked <= standing.charge_of(campaign)


def is_own(standing: Standing, order: Order) -> bool:
    """承辦單位的人。"""
    return order.lead_department_id in standing.departments


def wrote(standing: Standing, order: Order) -> bool:
    """批示是本人寫的，而且今天還在這個領導小組裏；離了任的，反饋歸繼任者，不再給他看。"""
    return bool(
        order.instruction
        and order.instruction.by_id == standing.user_id
        and standing.is_leader(order.campaign_id)
    )


def can_see(standing: Standing, order: Order, *, is_reader: bool = False) -> bool:
    """與 OrderQuerySet.visible_to 同一規則。is_reader：反饋今天歸此人讀（見 models.addressed）。"""
    if standing.is_office(order.campaign_id) or is_reader:
        return True
    if wrote(standing, order):
        return True
    if order.number is None:
        return False
    supporting = {row.pk for row in order.supporting_departments.all()}
    return (
        standing.is_chair(order.campaign_id)
        or is_own(standing, order)
        or order.lead_department_id in standing.charge_of(order.campaign_id)
        or bool(supporting & standing.departments)
    )


def can_answer(standing: Standing, order: Order) -> bool:
    """領辦、寫反饋、傳佐證、申請延期：承辦單位的經辦人和負責人。"""
    return is_own(standing, order)


def can_sign(standing: Standing, order: Order, round_: Round) -> bool:
    """簽發反饋：承辦單位負責人，且不是本人送簽的；規則同初審（tasks.policies.can_endorse）。"""
    if round_.submitted_by_id == standing.user_id:
        return False
    if order.lead_department_id in standing.headed:
        return True
    return round_.by_colleague and order.lead_department_id in standing.clerked


def can_review(
    standing: Standing, order: Order, round_: Round, *, is_office_tied: bool = False
) -> bool:
    """退回、銷號：本活動辦公室，且不是本人送簽或簽發的。

    is_office_tied：辦公室的人都經過手這份反饋（見 models.office_is_tied），由組長來審定，
    不然這張單子沒有人能銷號。
    """
    if standing.user_id in round_.hands:
        return False
    if standing.is_office(order.campaign_id):
        return True
    return is_office_tied and standing.is_chair(order.campaign_id)


def can_decide_extension(
    standing: Standing, order: Order, extension: Extension, *, is_office_tied: bool = False
) -> bool:
    """裁定延期：本活動辦公室，且不是本人申請的（有人兼在承辦單位）。

    is_office_tied：辦公室只有申請的那個人，由組長來裁定。
    """
    if standing.user_id == extension.requested_by_id:
        return False
    if standing.is_office(order.campaign_id):
        return True
    return is_office_tied and standing.is_chair(order.campaign_id)


def can_read_answer(
    standing: Standing, order: Order, round_: Round, *, is_reader: bool = False
) -> bool:
    """看一輪的反饋和佐證：承辦單位隨時；上級和批示的領導在簽發之後；配合單位在辦結之後。

    改派之前寫的，只有簽發過的才給人看；沒簽發的草稿不隨單子到新的單位。
    """
    if round_.signed_at is None:
        return is_own(standing, order) and round_.decision != Round.Decision.REASSIGNED
    if is_own(standing, order) or standing.oversees(order.campaign_id, order.lead_department_id):
        return True
    if is_reader or wrote(standing, order):
        return True
    return order.state == Order.State.CLOSED


def can_read_file(
    standing: Standing, order: Order, file: Attachment, *, is_reader: bool = False
) -> bool:
    """辦公室的附件隨單子走；反饋的佐證隨那一輪走。看不看得見單子另問 can_see。"""
    return file.round is None or can_read_answer(standing, order, file.round, is_reader=is_reader)
