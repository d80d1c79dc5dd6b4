// Prints a distribution's configuration as AWS's own SDK reads it; with {"add": true, ...} first changes it as somebody else
// would: another function at another event, another cache behavior, another origin, another comment.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.CLIENTS + "/package.json");
const { LambdaClient, CreateFunctionCommand, waitUntilPublishedVersionActive } = require("@aws-sdk/client-lambda");
const { CloudFrontClient, GetDistributionConfigCommand, UpdateDistributionCommand } = require("@aws-sdk/client-cloudfront");

const job = JSON.parse(process.argv[2]);
const lambda = new LambdaClient({ region: "us-east-1" });
const cloudfront = new CloudFrontClient({ region: "us-east-1" });
const Id = "E2QWRUHAPOMQZL";

async function addFunction() {
  const made = await lambda.send(new CreateFunctionCommand({
    FunctionName: job.function, Runtime: job.runtime, Role: job.role, Handler: "index.handler", Timeout: 5, MemorySize: 128,
    Code: { ZipFile: readFileSync(job.zip) }, Publish: true,
  }));
  await waitUntilPublishedVersionActive({ client: lambda, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { FunctionName: job.function, Qualifier: made.Version });
  return made.FunctionArn;
}

async function change() {
  const LambdaFunctionARN = await addFunction();
  const { DistributionConfig: config, ETag: IfMatch } = await cloudfront.send(new GetDistributionConfigCommand({ Id }));
  const usual = config.DefaultCacheBehavior, functions = usual.LambdaFunctionAssociations.Items ?? [];
  functions.push({ LambdaFunctionARN, EventType: job.event, IncludeBody: false });
  usual.LambdaFunctionAssociations = { Quantity: functions.length, Items: functions };
  config.CacheBehaviors = { Quantity: 1, Items: [{
    ...usual, PathPattern: "/theirs/*", LambdaFunctionAssociations: { Quantity: 0 }, Compress: false,
  }] };
  config.Origins.Items.push({ ...config.Origins.Items[0], Id: "theirs", DomainName: "theirs.example.com" });
  config.Origins.Quantity += 1;
  config.Comment = "<theirs> & \"ours\"";
  await cloudfront.send(new UpdateDistributionCommand({ Id, IfMatch, DistributionConfig: config }));
}

if (job.add) await change();
console.log(JSON.stringify((await cloudfront.send(new GetDistributionConfigCommand({ Id }))).DistributionConfig));
