"""榮譽：誰記、誰改。"""

from campaigns import policies
from campaigns.standing import Standing


def can_record_honours(standing: Standing) -> bool:
    """記榮譽、改榮譽：管理員，或任何一個未結束活動的辦公室人員。看則人人可看。"""
    return policies.can_maintain_organisation(standing)
