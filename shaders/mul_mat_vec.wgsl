#include "lib/group.wgsl"
