// Package errs holds the errors that reach people. Each has a code from one table, a sentence that says what
// happened and what to do next, and whether trying again can help. Everything else is wrapped with %w on its way up.
package errs

import "errors"

// Code names a kind of trouble; docs/errors.md explains each.
type Code string

// The codes, by where the trouble is.
const (
	// The file.
	NotGGUF                 Code = "not_gguf"
	Truncated               Code = "truncated"
	BadHeader               Code = "bad_header"
	UnsupportedArchitecture Code = "unsupported_architecture"
	UnsupportedTensorType   Code = "unsupported_tensor_type"
	UnsupportedTokenizer    Code = "unsupported_tokenizer"
	UnsupportedTemplate     Code = "unsupported_template"
	BadModel                Code = "bad_model" // tensors missing, extra, or of shapes that do not fit the configuration
	Integrity               Code = "integrity" // bytes do not have the hash they were stored with

	// The network.
	NoRanges       Code = "no_ranges"
	NoCORS         Code = "no_cors"
	NotFound       Code = "not_found"
	HTTPStatus     Code = "http_status"
	ConnectionLost Code = "connection_lost"

	// The store.
	StorageFull  Code = "storage_full"
	StorageError Code = "storage_error"

	// The GPU.
	NoWebGPU       Code = "no_webgpu"
	NoAdapter      Code = "no_adapter"
	LimitsTooSmall Code = "limits_too_small"
	OutOfMemory    Code = "out_of_memory"
	DeviceLost     Code = "device_lost"

	// The picture.
	BadImage         Code = "bad_image" // broken, cut short, or without pixels
	UnsupportedImage Code = "unsupported_image"
	ImageTooLarge    Code = "image_too_large"

	// The caller.
	InvalidRequest Code = "invalid_request"
	ContextFull    Code = "context_full"
	Aborted        Code = "aborted"

	// Us.
	Internal Code = "internal"
)

// Error is trouble with a code.
type Error struct {
	Code      Code
	Message   string // what happened and what to do, for a person
	Retryable bool   // the same call may succeed later
	Cause     error  // may be nil
}

// New makes an error that trying again will not mend.
func New(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// Wrap makes an error with a cause.
func Wrap(code Code, message string, cause error) *Error {
	return &Error{Code: code, Message: message, Cause: cause}
}

// Again marks an error as worth trying again, and returns it.
func (e *Error) AsRetryable() *Error { e.Retryable = true; return e }

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Cause }

// Is matches any error of the same code, so that a bare New(code, "") serves as a target.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Of finds the Error inside err; an error without one is Internal.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(Internal, "something unexpected happened inside Outrider", err)
}
