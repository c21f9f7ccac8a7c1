package device

// A program is a flat list of u32 words, one command after another. There is one command so far:
//
//	opDispatch, pipeline, bind group, byte offset of the parameters, workgroups x, y, z
//
// Pipelines and bind groups are numbers of the device. Two functions execute the list: replay in queue_native.go and
// #replay in web/src/worker/gpu-host.ts. Both put the whole program into one compute pass and one submit.
const (
	opDispatch    = 1
	DispatchWords = 7 // the length of a dispatch in words
)

// AppendDispatch appends a dispatch to the words of a program.
func AppendDispatch(words []uint32, pipeline, bindGroup, paramOffset uint32, grid [3]int) []uint32 {
	return append(words, opDispatch, pipeline, bindGroup, paramOffset, uint32(grid[0]), uint32(grid[1]), uint32(grid[2]))
}
