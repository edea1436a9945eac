"""django-cors-headers, set up as its documentation says, in a Django of one file."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["corsheaders"],
    MIDDLEWARE=[
        # Before whatever makes answers of its own, such as CommonMiddleware.
        "corsheaders.middleware.CorsMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    CORS_ALLOWED_ORIGINS=["https://app.example", "https://admin.example:8443"],
    CORS_ALLOW_METHODS=["GET", "HEAD", "PUT"],
    CORS_ALLOW_HEADERS=["content-type", "authorization"],
    CORS_EXPOSE_HEADERS=["ETag", "X-Request-Id"],
    CORS_ALLOW_CREDENTIALS=True,
    CORS_PREFLIGHT_MAX_AGE=600,
)


@csrf_exempt
def items(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"items": []}, headers={"X-Request-Id": "1"})


def data(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"data": []}, headers={"Cache-Control": "public, max-age=600"})


def encoded(request: HttpRequest) -> HttpResponse:
    response = JsonResponse({"data": []}, headers={"Cache-Control": "public, max-age=600"})
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def redirect(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/items")


def error(request: HttpRequest, status: int) -> HttpResponse:
    if status == 500:
        raise RuntimeError("an unhandled failure")
    if status == 403:
        raise PermissionDenied
    if status == 404:
        raise Http404
    return HttpResponse(status=status)


urlpatterns = [
    path("items", items),
    path("items/data.json", data),
    path("items/vary/encoding.json", encoded),
    path("items/redirect", redirect),
    path("items/err/<int:status>", error),
]

app = get_wsgi_application()
