// The same work in Node: reads one row with AWS's SDK, in the smallest possible runtime loop.
import http from "node:http";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true });
const client = new DynamoDBClient({});

function invoke(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(pieces) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const event = await invoke("GET", "next");
  JSON.parse(event.body);
  const key = { pk: { S: "LINK#none" }, sk: { S: "LINK" } };
  const { Item } = await client.send(new GetItemCommand({ TableName: process.env.TABLE, Key: key, ConsistentRead: true }));
  const answer = JSON.stringify({ statusCode: Item ? 200 : 404 });
  await invoke("POST", `${event.headers["lambda-runtime-aws-request-id"]}/response`, answer);
}
