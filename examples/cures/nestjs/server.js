// Decorators are called as functions, so that nothing needs compiling.
import "reflect-metadata";
import { All, Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

class Items {
  items() {
    return { items: [] };
  }
}
All("items")(Items.prototype, "items", Object.getOwnPropertyDescriptor(Items.prototype, "items"));
Controller()(Items);
class Application {}
Module({ controllers: [Items] })(Application);

const app = await NestFactory.create(Application, { logger: ["error", "warn"] });
@SETTING@
await app.listen(Number(process.argv[2]), "127.0.0.1");
