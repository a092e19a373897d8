// Probot with a handler that does nothing: it verifies the signature, parses the body and answers. It stores nothing.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { createNodeMiddleware, Probot } from "probot";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const probot = new Probot({ appId: 1, privateKey, secret: process.argv[2], logLevel: "fatal" });
const app = (bot) => bot.on("push", async () => {});
const middleware = await createNodeMiddleware(app, { probot, webhooksPath: "/webhooks/github" });
const server = createServer((request, response) => {
  middleware(request, response).then((done) => {
    if (!done && !response.headersSent) response.writeHead(404).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
