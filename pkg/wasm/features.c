#include "pkg/wasm/features.h"

#include <string.h>

const struct wasm_feature_row wasm_features[WASM_FEATURE_COUNT] = {
#define X(identifier, id, spec, flag, title) [WASM_FEATURE_##identifier] = {id, spec, flag, title},
    WASM_FEATURES(X)
#undef X
};

enum wasm_feature wasm_feature_find(const char *id)
{
    unsigned feature = 0;
    while (feature < WASM_FEATURE_COUNT && strcmp(wasm_features[feature].id, id) != 0)
        feature++;
    return (enum wasm_feature)feature;
}
