/* A PKCS#11 module in front of the one that SPOILT_MODULE names, which is well or not as the file
 * SPOILT_CONTROL says: `dead` ends its process, `mechanisms` lacks every mechanism, `keys` makes
 * none.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* PKCS#11 2.40, CK_FUNCTION_LIST: a version and 68 functions, in this order. */
enum { GET_FUNCTION_LIST = 3, GET_MECHANISM_LIST = 7, GENERATE_KEY = 58, FUNCTIONS = 68 };
enum { CKR_OK = 0, CKR_GENERAL_ERROR = 5, CKR_FUNCTION_NOT_SUPPORTED = 0x54 };

typedef unsigned long number;
struct list {
    unsigned char version[sizeof(void *)];
    void *functions[FUNCTIONS];
};

static struct list here, *there;

static int is(const char *wanted)
{
    char said[32] = "";
    FILE *file = fopen(getenv("SPOILT_CONTROL"), "r");

    if (file) {
        if (!fgets(said, sizeof said, file))
            said[0] = 0;
        fclose(file);
    }
    return strcmp(said, wanted) == 0;
}

static number get_mechanism_list(number slot, number *types, number *count)
{
    number (*real)(number, number *, number *);

    if (is("dead"))
        _exit(1);
    if (is("mechanisms")) {
        *count = 0;
        return CKR_OK;
    }
    memcpy(&real, &there->functions[GET_MECHANISM_LIST], sizeof real);
    return real(slot, types, count);
}

static number generate_key(number session, void *mechanism, void *template, number count,
                           number *key)
{
    number (*real)(number, void *, void *, number, number *);

    if (is("keys"))
        return CKR_FUNCTION_NOT_SUPPORTED;
    memcpy(&real, &there->functions[GENERATE_KEY], sizeof real);
    return real(session, mechanism, template, count, key);
}

number C_GetFunctionList(struct list **out)
{
    number (*real)(struct list **), (*mechanisms)(number, number *, number *) = get_mechanism_list;
    number (*keys)(number, void *, void *, number, number *) = generate_key;
    number (*own)(struct list **) = C_GetFunctionList;
    void *module = dlopen(getenv("SPOILT_MODULE"), RTLD_NOW | RTLD_LOCAL);
    void *symbol = module ? dlsym(module, "C_GetFunctionList") : NULL;

    if (!symbol)
        return CKR_GENERAL_ERROR;
    memcpy(&real, &symbol, sizeof real);
    if (real(&there) != CKR_OK)
        return CKR_GENERAL_ERROR;
    here = *there;
    memcpy(&here.functions[GET_FUNCTION_LIST], &own, sizeof own);
    memcpy(&here.functions[GET_MECHANISM_LIST], &mechanisms, sizeof mechanisms);
    memcpy(&here.functions[GENERATE_KEY], &keys, sizeof keys);
    *out = &here;
    return CKR_OK;
}
