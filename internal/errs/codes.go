package errs

// Code names a kind of error; docs/errors.md explains each.
type Code string

// The codes, by what they are about.
const (
	NotGGUF                 Code = "not_gguf"
	Truncated               Code = "truncated"
	BadHeader               Code = "bad_header"
	UnsupportedArchitecture Code = "unsupported_architecture"
	UnsupportedTensorType   Code = "unsupported_tensor_type"
	UnsupportedTokenizer    Code = "unsupported_tokenizer"
	UnsupportedTemplate     Code = "unsupported_template"
	BadModel                Code = "bad_model"    // tensors missing, extra, or of shapes that do not fit the configuration
	Integrity               Code = "integrity"    // bytes do not have the hash they were published or stored with
	FileChanged             Code = "file_changed" // the bytes at the source are not the stored ones

	NoRanges         Code = "no_ranges"
	CompressedRanges Code = "compressed_ranges"
	NoCORS           Code = "no_cors"
	NotFound         Code = "not_found"
	HTTPStatus       Code = "http_status"
	AddressNeeded    Code = "address_needed" // the secret part of it was not kept
	TooManyRedirects Code = "too_many_redirects"
	ConnectionLost   Code = "connection_lost"

	StorageFull      Code = "storage_full"
	StorageError     Code = "storage_error"
	PermissionNeeded Code = "permission_needed" // to read a file on the disk again
	NewerStore       Code = "newer_store"       // made by a newer version of Outrider

	NoWebGPU       Code = "no_webgpu"
	NoAdapter      Code = "no_adapter"
	LimitsTooSmall Code = "limits_too_small"
	OutOfMemory    Code = "out_of_memory"
	DeviceLost     Code = "device_lost"

	BadImage         Code = "bad_image" // broken, cut short, or without pixels
	UnsupportedImage Code = "unsupported_image"
	ImageTooLarge    Code = "image_too_large"

	InvalidRequest Code = "invalid_request"
	ContextFull    Code = "context_full"
	Aborted        Code = "aborted"

	Internal Code = "internal"
)

// subject says what the errors of a code are about; docs/errors.md has a section for each.
type subject string

const (
	file    subject = "The file"
	network subject = "The network"
	store   subject = "The store"
	gpu     subject = "The GPU"
	picture subject = "The picture"
	caller  subject = "The caller"
	bug     subject = "Outrider"
)

// table lists every code in the order of docs/errors.md. retryable is what New and Wrap make of an error: whether the
// same call may succeed later.
var table = []struct {
	code      Code
	about     subject
	retryable bool
}{
	{NotGGUF, file, false},
	{Truncated, file, false},
	{BadHeader, file, false},
	{UnsupportedArchitecture, file, false},
	{UnsupportedTensorType, file, false},
	{UnsupportedTokenizer, file, false},
	{UnsupportedTemplate, file, false},
	{BadModel, file, false},
	{Integrity, file, true},
	{FileChanged, file, false},

	{NoRanges, network, false},
	{CompressedRanges, network, false},
	{NoCORS, network, false},
	{NotFound, network, false},
	{HTTPStatus, network, false},
	{AddressNeeded, network, false},
	{TooManyRedirects, network, false},
	{ConnectionLost, network, true},

	{StorageFull, store, true},
	{StorageError, store, true},
	{PermissionNeeded, store, true},
	{NewerStore, store, false},

	{NoWebGPU, gpu, false},
	{NoAdapter, gpu, false},
	{LimitsTooSmall, gpu, false},
	{OutOfMemory, gpu, false},
	{DeviceLost, gpu, true},

	{BadImage, picture, false},
	{UnsupportedImage, picture, false},
	{ImageTooLarge, picture, false},

	{InvalidRequest, caller, false},
	{ContextFull, caller, false},
	{Aborted, caller, true},

	{Internal, bug, false},
}

// retryable reports whether errors of a code are usually worth trying again.
func retryable(code Code) bool {
	for _, line := range table {
		if line.code == code {
			return line.retryable
		}
	}
	return false
}
