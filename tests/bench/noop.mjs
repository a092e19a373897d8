// What a webhook framework does with a handler that does nothing: verify the signature, parse the JSON, answer 202.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.argv[2];
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const expected = Buffer.from("sha256=" + createHmac("sha256", secret).update(body).digest("hex"));
    const given = Buffer.from(request.headers["x-hub-signature-256"] ?? "");
    const good = expected.length === given.length && timingSafeEqual(expected, given);
    if (good) JSON.parse(body.toString("utf8"));
    response.writeHead(good ? 202 : 401, { "content-length": "0" });
    response.end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
