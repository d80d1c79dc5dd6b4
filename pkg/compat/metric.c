/* What can be measured of a shipment: a new thing to measure is a row in `metrics`. */
#include "pkg/compat/metric.h"

#include <string.h>

#include "pkg/compat/check.h"

/* --- of the shipment, or of a module as it ships --- */

static double module_bytes(const struct shipped_module *module)
{
    return (double)module->bytes.size;
}

static double memory_bytes(const struct shipped_module *module)
{
    double sum = 0;
    for (size_t i = 0; i < module->info->memory_count; i++) {
        const struct wasm_memory *memory = &module->info->memories[i];
        sum += (double)memory->min_pages * (double)memory->page_size;
    }
    return sum;
}

/* These of a core module alone: a component's modules share what they import of each other. */
static double memories(const struct shipped_module *module)
{
    return module->info->component ? 0 : (double)module->info->memory_count;
}

static double tables(const struct shipped_module *module)
{
    return module->info->component ? 0 : module->info->table_count;
}

static double table_elements(const struct shipped_module *module)
{
    return module->info->component ? 0 : (double)module->info->table_elements;
}

static double artifact_bytes(const struct shipment *shipment)
{
    return (double)shipment->artifact_bytes;
}

/* Before it is packed, the modules alone are a lower bound. */
double metric_all_modules(const struct shipment *shipment)
{
    double sum = 0;
    for (size_t i = 0; i < shipment->module_count; i++)
        sum += (double)shipment->modules[i].bytes.size;
    return sum;
}

static double unpacked_bytes(const struct shipment *shipment)
{
    return shipment->unpacked_bytes ? (double)shipment->unpacked_bytes
                                    : metric_all_modules(shipment);
}

static double modules_bytes(const struct shipment *shipment)
{
    return shipment->artifact_bytes ? 0 : metric_all_modules(shipment);
}

double metric_all_gzip(const struct shipment *shipment)
{
    double sum = 0;
    for (size_t i = 0; i < shipment->module_count; i++)
        sum += (double)shipment->modules[i].gzip_bytes;
    return sum;
}

static double modules_gzip_bytes(const struct shipment *shipment)
{
    return shipment->artifact_bytes ? 0 : metric_all_gzip(shipment);
}

/* --- of a core module --- */

static double types(const struct wasm_info *info)
{
    return info->type_count;
}

static double functions(const struct wasm_info *info)
{
    return info->function_count;
}

static double globals(const struct wasm_info *info)
{
    return info->global_count;
}

static double tags(const struct wasm_info *info)
{
    return info->tag_count;
}

static double imports(const struct wasm_info *info)
{
    return (double)info->import_count;
}

static double exports(const struct wasm_info *info)
{
    return (double)info->export_count;
}

static double data_segments(const struct wasm_info *info)
{
    return info->data_count;
}

static double element_segments(const struct wasm_info *info)
{
    return info->element_count;
}

/* Some engines count what a module defines, without what it imports. */
static double without_imports(const struct wasm_info *info, enum wasm_extern kind, double all)
{
    for (size_t i = 0; i < info->import_count; i++)
        all -= info->imports[i].kind == kind;
    return all;
}

static double defined_functions(const struct wasm_info *info)
{
    return without_imports(info, WASM_FUNC, functions(info));
}

static double defined_globals(const struct wasm_info *info)
{
    return without_imports(info, WASM_GLOBAL, globals(info));
}

static double defined_tables(const struct wasm_info *info)
{
    return without_imports(info, WASM_TABLE, info->table_count);
}

static double defined_tags(const struct wasm_info *info)
{
    return without_imports(info, WASM_TAG, tags(info));
}

static const struct metric metrics[] = {
    {"module_bytes", "size", "the module", false, .of_module = module_bytes},
    {"modules_bytes", "size", "the modules together", false, .of_shipment = modules_bytes},
    {"modules_gzip_bytes", "size", "the modules compressed", false,
     .of_shipment = modules_gzip_bytes},
    {"artifact_bytes", "artifact", "the packed artifact", false, .of_shipment = artifact_bytes},
    {"unpacked_bytes", "artifact", "the unpacked artifact", false, .of_shipment = unpacked_bytes},
    {"memory_bytes", "memory", "the initial memory", false, .of_module = memory_bytes},
    {"memories", "memory", "the number of memories", true, .of_module = memories},
    {"types", "size", "the number of types", true, .of_core = types},
    {"imports", "size", "the number of imports", true, .of_core = imports},
    {"exports", "size", "the number of exports", true, .of_core = exports},
    {"functions", "size", "the number of functions", true, .of_core = functions},
    {"defined_functions", "size", "the number of functions without imported ones", true,
     .of_core = defined_functions},
    {"tables", "size", "the number of tables", true, .of_module = tables},
    {"defined_tables", "size", "the number of tables without imported ones", true,
     .of_core = defined_tables},
    {"table_elements", "size", "the initial size of the tables", true, .of_module = table_elements},
    {"table_size", "size", "the initial size of the largest table", true,
     .largest = WASM_TABLE_SIZE},
    {"globals", "size", "the number of globals", true, .of_core = globals},
    {"defined_globals", "size", "the number of globals without imported ones", true,
     .of_core = defined_globals},
    {"tags", "size", "the number of tags", true, .of_core = tags},
    {"defined_tags", "size", "the number of tags without imported ones", true,
     .of_core = defined_tags},
    {"data_segments", "size", "the number of data segments", true, .of_core = data_segments},
    {"element_segments", "size", "the number of element segments", true,
     .of_core = element_segments},
    {"segment_elements", "size", "the length of the largest element segment", true,
     .largest = WASM_SEGMENT_ELEMENTS},
    {"function_bytes", "size", "the largest function body", false, .largest = WASM_FUNCTION_BYTES},
    {"function_locals", "size", "the most locals of a function, with its parameters,", true,
     .largest = WASM_FUNCTION_LOCALS},
    {"function_parameters", "size", "the most parameters of a function type", true,
     .largest = WASM_PARAMETERS},
    {"function_results", "size", "the most results of a function type", true,
     .largest = WASM_RESULTS},
    {"struct_fields", "size", "the most fields of a struct type", true, .largest = WASM_FIELDS},
    {"branch_labels", "size", "the most labels of a br_table", true, .largest = WASM_BRANCH_LABELS},
    {"name_bytes", "size", "the longest name of an import or export", false,
     .largest = WASM_NAME_BYTES},
};

const struct metric *metric_find(const char *name)
{
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return &metrics[i];
    return NULL;
}

size_t metric_names(const char *out[METRIC_NAMES])
{
    size_t count = sizeof metrics / sizeof *metrics;
    for (size_t i = 0; i < count; i++)
        out[i] = metrics[i].name;
    out[count] = "option:NAME";
    out[count + 1] = "text:NAME";
    return count + 2;
}

_Static_assert(sizeof metrics / sizeof *metrics + 2 <= METRIC_NAMES, "room for all names");

const char *metric_option(const char *name)
{
    const char *colon = strchr(name, ':');
    bool known = strncmp(name, "option:", 7) == 0 || strncmp(name, "text:", 5) == 0;
    return known ? colon + 1 : NULL;
}

/* Of one core module. */
static double measure_core(const struct metric *metric, const struct wasm_info *info,
                           const struct wasm_largest **place)
{
    if (metric->of_core)
        return metric->of_core(info);
    *place = &info->largest[metric->largest];
    return (double)(*place)->value;
}

double metric_measure(const struct metric *metric, const struct shipped_module *module,
                      const struct wasm_largest **place)
{
    const struct wasm_component *component = module->info->component;
    double most = 0;
    if (metric->of_module)
        return metric->of_module(module);
    if (!component)
        return measure_core(metric, module->info, place);
    for (size_t i = 0; i < component->module_count; i++) {
        const struct wasm_largest *here = NULL;
        double found = measure_core(metric, &component->modules[i], &here);
        if (found <= most)
            continue;
        most = found;
        *place = here;
    }
    return most;
}
