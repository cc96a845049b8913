package main

import (
	"fmt"
	"io"
	"time"

	"github.com/longrun-ai/longrun"
	"github.com/schollz/progressbar/v3"
)

// patience is how long a stage may take before its bar appears.
const patience = 300 * time.Millisecond

// A progress shows how far loading or a prompt is, on a terminal only.
type progress struct {
	w     io.Writer // nil: nobody looks
	stage string
	since time.Time
	bar   *progressbar.ProgressBar
	shown bool // the bar is on the screen
}

func newProgress(p *process) *progress {
	if !p.stderrTTY {
		return &progress{}
	}
	return &progress{w: p.stderr}
}

// report is told by the runtime how far a stage is.
func (p *progress) report(stage string, done, total int64) {
	if p.w == nil {
		return
	}
	if stage != p.stage {
		p.clear()
		p.stage, p.since, p.bar = stage, time.Now(), newBar(p.w, stage, total)
	}
	switch {
	case done >= total:
		p.clear()
	case p.shown || time.Since(p.since) >= patience:
		p.shown = true
		p.bar.Set64(done) // an error means that the terminal is gone, and with it who looks
	}
}

// newBar returns a bar that measures its rate from now on. It leaves the terminal's last columns free, where a terminal
// echoes Ctrl-C.
func newBar(w io.Writer, stage string, total int64) *progressbar.ProgressBar {
	options := []progressbar.Option{
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(stage), progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(20),
	}
	if stage == "load" {
		options = append(options, progressbar.OptionShowBytes(true))
	} else {
		options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString("tok"))
	}
	return progressbar.NewOptions64(total, options...)
}

// clear takes the bar from the screen, before something else is printed there.
func (p *progress) clear() {
	if p.shown {
		p.bar.Clear()
	}
	p.stage, p.bar, p.shown = "", nil, false
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// printTimings prints the figures as users of llama.cpp know them.
func printTimings(w io.Writer, st longrun.Stats) {
	fmt.Fprintf(w, "prompt: %d tokens", st.PromptTokens)
	if st.CachedTokens > 0 {
		fmt.Fprintf(w, " (%d cached)", st.CachedTokens)
	}
	fmt.Fprintf(w, ", %.1f ms, %.1f t/s | answer: %d tokens, %.1f ms, %.1f t/s\n",
		ms(st.PromptTime), st.PromptRate(), st.Tokens, ms(st.DecodeTime), st.DecodeRate())
}
