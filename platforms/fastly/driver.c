/* Fastly Compute: a draft version is filled and activated; what is live says so in its comment. */
#include "platforms/fastly/driver_parts.h"

static int live(const struct job *job, struct deployment *out, struct error *error)
{
    struct service service;
    *out = (struct deployment){0};
    if (compute_find(job, &service, error) != 0)
        return -1;
    compute_memory(job)->seen = service;
    compute_memory(job)->looked = true;
    out->resource = service.id;
    if (!service.id || !service.active)
        return 0;
    compute_describe(job, &service, service.active, out, NULL);
    out->percent = 100;
    return compute_url(job, &service, service.active, &out->url, error);
}

const struct platform platform_fastly = {
    .name = "fastly",
    .title = "Fastly Compute",
    .pack = compute_pack,
    .upload = compute_upload,
    .activate = compute_activate,
    .live = live,
    .ready = compute_ready,
    .plan = compute_plan,
    .versions = compute_versions,
};
