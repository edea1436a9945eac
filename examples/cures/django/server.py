"""Django in one file: the text is the settings."""

import types

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

SETTINGS = """
@SETTING@
"""
cors = types.SimpleNamespace()
exec(SETTINGS, vars(cors))
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["corsheaders"],
    MIDDLEWARE=["corsheaders.middleware.CorsMiddleware", "django.middleware.common.CommonMiddleware"],
    **{name: value for name, value in vars(cors).items() if name.isupper()},
)
urlpatterns = [path("items", lambda request: JsonResponse({"items": []}))]
app = get_wsgi_application()
