import cors from "cors";
import express from "express";

const app = express();
@SETTING@
app.use("/private", (request, response) => response.sendStatus(401));
app.all("/items", (request, response) => response.json({ items: [] }));
app.listen(Number(process.argv[2]), "127.0.0.1");
