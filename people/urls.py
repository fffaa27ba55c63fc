"""網址：登錄、我的賬號、組織架構與維護。"""

from django.contrib.auth.views import LogoutView
from django.urls import path

from people.views import account, accounts, appointments, departments, organisation

app_name = "people"

urlpatterns = [
    path("sign-in/", account.SignInView.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("account/", account.my_account, name="my-account"),
    path("account/password/", account.change_password, name="change-password"),
    path("org/", organisation.organisation, name="organisation"),
    path("org/departments/new/", departments.department_create, name="department-create"),
    path("org/departments/<int:pk>/", organisation.department_detail, name="department-detail"),
    path("org/departments/<int:pk>/edit/", departments.department_edit, name="department-edit"),
    path("org/departments/<int:pk>/close/", departments.department_close, name="department-close"),
    path("org/departments/<int:pk>/periods/new/", departments.period_add, name="period-add"),
    path(
        "org/departments/<int:pk>/demonstration/new/",
        departments.demonstration_add,
        name="demonstration-add",
    ),
    path(
        "org/demonstration/<int:pk>/end/", departments.demonstration_end, name="demonstration-end"
    ),
    path("org/departments/<int:pk>/appoint/", appointments.appoint, name="appoint"),
    path("org/appointments/<int:pk>/end/", appointments.appointment_end, name="appointment-end"),
    path(
        "org/appointments/<int:pk>/hand-over/",
        appointments.appointment_hand_over,
        name="appointment-hand-over",
    ),
    path("org/people/", accounts.person_list, name="person-list"),
    path("org/people/new/", accounts.person_create, name="person-create"),
    path("org/people/<int:pk>/", accounts.person_detail, name="person-detail"),
    path("org/people/<int:pk>/edit/", accounts.person_edit, name="person-edit"),
    path(
        "org/people/<int:pk>/reset-password/",
        accounts.person_reset_password,
        name="person-reset-password",
    ),
    path("org/people/<int:pk>/deactivate/", accounts.person_deactivate, name="person-deactivate"),
    path("org/people/<int:pk>/activate/", accounts.person_activate, name="person-activate"),
]
