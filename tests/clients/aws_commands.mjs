// What others do with a function and its distribution beside a deployment, with AWS's own SDK: versions by pages, stale
// revisions, two writers of one distribution, deleting. Prints what it found as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.CLIENTS + "/package.json");
const {
  LambdaClient, DeleteFunctionCommand, GetFunctionConfigurationCommand, PublishVersionCommand,
  UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, paginateListVersionsByFunction, waitUntilFunctionUpdated,
} = require("@aws-sdk/client-lambda");
const { CloudFrontClient, GetDistributionConfigCommand, UpdateDistributionCommand } = require("@aws-sdk/client-cloudfront");

const job = JSON.parse(process.argv[2]);
const lambda = new LambdaClient({ region: "us-east-1" });
const cloudfront = new CloudFrontClient({ region: "us-east-1" });
const named = { FunctionName: job.function };
const settled = () => waitUntilFunctionUpdated({ client: lambda, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, named);
const refusal = (promise) => promise.then(() => null, (error) => [error.name, error.$metadata.httpStatusCode, error.message]);

const before = await lambda.send(new GetFunctionConfigurationCommand(named));
await lambda.send(new UpdateFunctionConfigurationCommand({ ...named, Timeout: 4, RevisionId: before.RevisionId }));
await settled();
const stale = await refusal(lambda.send(new UpdateFunctionCodeCommand({
  ...named, ZipFile: readFileSync(job.zip), RevisionId: before.RevisionId,
})));
await lambda.send(new PublishVersionCommand(named));
const versions = [];
for await (const page of paginateListVersionsByFunction({ client: lambda, pageSize: 1 }, named)) {
  versions.push(...page.Versions.map((each) => each.Version));
}

const read = () => cloudfront.send(new GetDistributionConfigCommand({ Id: job.distribution }));
const write = ({ DistributionConfig, ETag }, Comment) => cloudfront.send(new UpdateDistributionCommand({
  Id: job.distribution, IfMatch: ETag, DistributionConfig: { ...DistributionConfig, Comment },
}));
const [first, second] = [await read(), await read()];
await write(first, "the first writer's");
const late = await refusal(write(second, "the second writer's"));
const { DistributionConfig: kept } = await read();

const live = await refusal(lambda.send(new DeleteFunctionCommand({ ...named, Qualifier: job.live })));
const other = await refusal(lambda.send(new DeleteFunctionCommand({ ...named, Qualifier: versions.at(-1) })));
console.log(JSON.stringify({ stale, versions, late, comment: kept.Comment, live, other }));
