// What CloudFront hands to a function for a request; for measuring it outside. Not part of what is deployed.
function argumentOf({ method, path, query, body }, settings) {
  const eventType = settings?.event === "viewer-request" ? "viewer-request" : "origin-request";
  const of = (key, value) => [{ key, value }];
  const headers = { host: of("Host", "example.com"), "user-agent": of("User-Agent", "edge-deploy") };
  const request = { clientIp: "203.0.113.7", method, uri: path, querystring: query, headers };
  if (body) {
    headers["content-length"] = of("Content-Length", String(body.length));
    request.body = { action: "read-only", data: body.toString("base64"), encoding: "base64", inputTruncated: false };
  }
  const config = { distributionDomainName: "d111111abcdef8.cloudfront.net", distributionId: "EDFDVBD6EXAMPLE", eventType };
  return { Records: [{ cf: { config: { ...config, requestId: "bench" }, request } }] };
}
