// Package errs holds the errors that reach people. Each has a code from one table, a message that says what happened
// and what to do about it, and whether trying again can help. Every other error is wrapped with %w on its way up.
//
// A message is lower case and has no period at its end; a semicolon separates what happened from what to do about it.
package errs

import (
	"errors"
	"time"
)

// Error is an error with a code.
type Error struct {
	Code      Code
	Message   string // what happened and what to do about it, for a person
	Retryable bool   // the same call may succeed later
	Cause     error  // may be nil

	RetryAfter time.Duration // for which a server has asked to be left alone; 0 if it has not
}

// New returns an error; the table of codes says whether it is retryable.
func New(code Code, message string) *Error { return Wrap(code, message, nil) }

// Wrap returns an error with a cause; the table of codes says whether it is retryable.
func Wrap(code Code, message string, cause error) *Error {
	return &Error{Code: code, Message: message, Retryable: retryable(code), Cause: cause}
}

// Error returns the message, followed by that of the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is matches any error of the same code, so that a bare New(code, "") serves as a target.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Of returns the Error inside err; one with the code internal when there is none.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(Internal, "something unexpected happened inside Outrider", err)
}
