package main

import (
	"strings"
	"testing"
	"time"
)

// A bar appears on a terminal, once a stage has taken a while, and goes before anything else is printed.
func TestProgress(t *testing.T) {
	var screen strings.Builder
	p := newProgress(&process{stderr: &screen, stderrTTY: true})
	p.report("load", 0, 100)
	p.report("load", 50, 100)
	p.report("load", 100, 100)
	if screen.Len() > 0 {
		t.Errorf("a quick stage shows %q", &screen)
	}
	p.report("prefill", 0, 1000)
	p.since = p.since.Add(-time.Second)
	p.report("prefill", 250, 1000)
	if s := screen.String(); !strings.Contains(s, "prefill  25% |") || !strings.Contains(s, "(250/1000, ") {
		t.Errorf("%q", s)
	}
	p.clear()
	p.clear()
	if s := screen.String(); !strings.HasSuffix(s, "\r") {
		t.Errorf("the bar stays: %q", s)
	}
	p.report("prefill", 0, 1000) // the next prompt starts a clock of its own
	if time.Since(p.since) > patience {
		t.Error("the clock of the last prompt still runs")
	}

	screen.Reset()
	p = newProgress(&process{stderr: &screen})
	p.report("load", 0, 100)
	p.since = time.Time{}
	p.report("load", 50, 100)
	p.clear()
	if screen.Len() > 0 {
		t.Errorf("a pipe shows %q", &screen)
	}
}
