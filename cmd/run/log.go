package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// A logHandler writes records as sentences for people, warnings and errors only unless it is verbose.
type logHandler struct {
	verbose bool
	attrs   []slog.Attr

	mu *sync.Mutex // of w
	w  io.Writer
}

// newLog returns a logger that writes lines such as
//
//	run: warning: the context is longer than the model was trained for (tokens 8192, trained 4096).
func newLog(w io.Writer, verbose bool) *slog.Logger {
	return slog.New(&logHandler{mu: new(sync.Mutex), w: w, verbose: verbose})
}

func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool {
	return h.verbose || l >= slog.LevelWarn
}

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	var details []string
	add := func(a slog.Attr) bool {
		details = append(details, fmt.Sprintf("%s %v", a.Key, a.Value))
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	line := "run: "
	if r.Level >= slog.LevelWarn {
		line += "warning: "
	}
	line += r.Message
	if len(details) > 0 {
		line += " (" + strings.Join(details, ", ") + ")"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, line+".\n")
	return err
}

func (h *logHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return &logHandler{mu: h.mu, w: h.w, verbose: h.verbose, attrs: append(h.attrs[:len(h.attrs):len(h.attrs)], a...)}
}

// WithGroup keeps names as they are: nothing that logs here groups them.
func (h *logHandler) WithGroup(string) slog.Handler { return h }
