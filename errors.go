package longrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/longrun-ai/longrun/internal/engine"
	"github.com/longrun-ai/longrun/loader/gguf"
)

// Errors that callers branch on, with errors.Is. Cancelled calls wrap the context's cause.
var (
	ErrBusy        = engine.ErrBusy                // every session is taken: close one, or open the model WithParallel
	ErrContextFull = engine.ErrContextFull         // the tokens do not fit into the session's context
	ErrMemory      = engine.ErrMemory              // a device has too little memory
	ErrClosed      = engine.ErrClosed              // the model or the session is closed
	ErrFile        = errors.New("cannot be used")  // the model file could not be opened, or is not one
	ErrNoDevice    = errors.New("no such device")  // this machine has no device of that name
	ErrUnsupported = errors.New("not supported")   // the file or an option asks for what this version cannot do
	ErrInvalid     = errors.New("invalid request") // a parameter makes no sense
)

// A FormatError says what is wrong with a model file, and where.
type FormatError = gguf.FormatError

// A tagged error is also its kind, for errors.Is, without saying so: its own sentence is enough.
type tagged struct{ err, kind error }

func (e tagged) Error() string   { return e.err.Error() }
func (e tagged) Unwrap() []error { return []error{e.err, e.kind} }

// fail returns an error of a kind, with a sentence of its own.
func fail(kind error, format string, args ...any) error {
	return tagged{fmt.Errorf(format, args...), kind}
}

// cancelled returns err, which a call with ctx returned: when ctx was cancelled it is also ctx's error, whatever the cause.
func cancelled(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return tagged{err, ctx.Err()}
}

// shortened returns what to say of a memory fault far from address 0: a mapped file has become shorter than it was. It is
// nil if err is no such fault.
func shortened(err error) error {
	var fault interface {
		error
		Addr() uintptr
	}
	if !errors.As(err, &fault) || fault.Addr() < 1<<16 {
		return nil
	}
	return fail(ErrFile, "longrun: the model file became shorter while it was in use")
}
