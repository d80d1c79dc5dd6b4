// A deployment to Lambda@Edge with AWS's own SDK, as one would write it: node aws.mjs '{"step": ..., ...}'. Prints
// what it found as JSON. Endpoint, region and credentials come from the environment, as the SDK reads them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.CLIENTS + "/package.json");
const {
  LambdaClient, CreateFunctionCommand, GetFunctionConfigurationCommand, PublishVersionCommand,
  UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionActive, waitUntilFunctionUpdated,
  waitUntilPublishedVersionActive,
} = require("@aws-sdk/client-lambda");
const {
  CloudFrontClient, GetDistributionCommand, GetDistributionConfigCommand, UpdateDistributionCommand,
  waitUntilDistributionDeployed,
} = require("@aws-sdk/client-cloudfront");

const job = JSON.parse(process.argv[2]);
const lambda = new LambdaClient({ region: "us-east-1" });
const cloudfront = new CloudFrontClient({ region: "us-east-1" });
const named = { FunctionName: job.function };
const patience = (client) => ({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 });
const states = [];

async function find() {
  try {
    return await lambda.send(new GetFunctionConfigurationCommand(named));
  } catch (error) {
    if (error.name !== "ResourceNotFoundException") throw error;
    return undefined;
  }
}

const settings = { Runtime: job.runtime, Role: job.role, Handler: "index.handler", Timeout: 5, MemorySize: 128 };

async function putCode(zip) {
  if (!await find()) {
    const made = await lambda.send(new CreateFunctionCommand({
      ...named, ...settings, Code: { ZipFile: zip }, PackageType: "Zip", Architectures: ["x86_64"],
    }));
    states.push(made.State);
    await waitUntilFunctionActive(patience(lambda), named);
    return made.CodeSha256;
  }
  const made = await lambda.send(new UpdateFunctionCodeCommand({ ...named, ZipFile: zip, Architectures: ["x86_64"] }));
  states.push(made.LastUpdateStatus);
  await waitUntilFunctionUpdated(patience(lambda), named);
  const changed = await lambda.send(new UpdateFunctionConfigurationCommand({ ...named, ...settings }));
  states.push(changed.LastUpdateStatus);
  await waitUntilFunctionUpdated(patience(lambda), named);
  return made.CodeSha256;
}

async function associate(arn) {
  const { DistributionConfig: config, ETag } = await cloudfront.send(new GetDistributionConfigCommand({ Id: job.distribution }));
  config.DefaultCacheBehavior.LambdaFunctionAssociations = {
    Quantity: 1, Items: [{ LambdaFunctionARN: arn, EventType: job.event, IncludeBody: false }],
  };
  const put = (etag) => cloudfront.send(new UpdateDistributionCommand({
    Id: job.distribution, IfMatch: etag, DistributionConfig: config,
  }));
  const { ETag: next, Distribution } = await put(ETag);
  return { put, stale: ETag, etag: next, status: Distribution.Status };
}

async function deploy() {
  const digest = await putCode(readFileSync(job.zip));
  const version = await lambda.send(new PublishVersionCommand({
    ...named, CodeSha256: digest, Description: job.description ?? undefined,
  }));
  states.push(version.State);
  await waitUntilPublishedVersionActive(patience(lambda), { ...named, Qualifier: version.Version });
  const { status, etag, stale } = await associate(version.FunctionArn);
  return { version: version.Version, arn: version.FunctionArn, digest, states, status, etag, stale };
}

async function back() {
  const old = await lambda.send(new GetFunctionConfigurationCommand({ ...named, Qualifier: job.version }));
  const { put, stale } = await associate(old.FunctionArn);
  const refusal = await put(stale).then(() => undefined, (error) => error);
  await waitUntilDistributionDeployed(patience(cloudfront), { Id: job.distribution });
  const { Distribution } = await cloudfront.send(new GetDistributionCommand({ Id: job.distribution }));
  return {
    refusal: refusal && [refusal.name, refusal.$metadata.httpStatusCode], status: Distribution.Status,
    associations: Distribution.DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations.Items,
  };
}

console.log(JSON.stringify(await { deploy, back }[job.step]()));
