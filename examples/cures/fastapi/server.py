from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

app = FastAPI()


@app.api_route("/items", methods=["GET", "PUT"])
async def items() -> dict:
    return {"items": []}


@SETTING@
