package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/longrun-ai/longrun"
	"github.com/longrun-ai/longrun/asm"
)

// devices shows what every driver finds, and why one finds nothing.
func devices(_ context.Context, p *process, args []string) error {
	fs := newFlags("devices")
	asJSON := fs.Bool("json", false, "print JSON")
	if _, done, err := parse(p, fs, "run devices [--json]", args, 0, 0); done || err != nil {
		return err
	}
	type device struct {
		Driver string   `json:"driver"`
		Name   string   `json:"name,omitempty"`
		Tier   string   `json:"tier,omitempty"`
		Tiers  []string `json:"tiers,omitempty"`
		Free   int64    `json:"free_bytes,omitempty"`
		Total  int64    `json:"total_bytes,omitempty"`
		Error  string   `json:"error,omitempty"`
	}
	var found []device
	for _, d := range longrun.Drivers() {
		opened, err := d.Open()
		if err != nil {
			found = append(found, device{Driver: d.Name(), Error: err.Error()})
		}
		for _, dev := range opened {
			out := device{Driver: d.Name(), Name: dev.Name(), Tier: dev.Tier()}
			out.Free, out.Total = dev.Memory()
			if d.Name() == "cpu" {
				for _, k := range asm.Tiers() {
					out.Tiers = append(out.Tiers, k.Tier)
				}
			}
			if err := dev.Close(); err != nil {
				out.Error = err.Error()
			}
			found = append(found, out)
		}
	}
	if *asJSON {
		return printJSON(p.stdout, found)
	}
	for _, d := range found {
		if d.Error != "" {
			fmt.Fprintf(p.stdout, "%-8s none: %s\n", d.Driver, d.Error)
			continue
		}
		fmt.Fprintf(p.stdout, "%-8s %s", d.Name, d.Tier)
		if len(d.Tiers) > 1 {
			fmt.Fprintf(p.stdout, " (--tier %s)", strings.Join(d.Tiers, "|"))
		}
		if d.Total > 0 {
			fmt.Fprintf(p.stdout, ", %.1f of %.1f GiB free", float64(d.Free)/(1<<30), float64(d.Total)/(1<<30))
		}
		fmt.Fprintln(p.stdout)
	}
	return nil
}

// version shows the module's version, or the commit it was built from.
func version(_ context.Context, p *process, args []string) error {
	fs := newFlags("version")
	if _, done, err := parse(p, fs, "run version", args, 0, 0); done || err != nil {
		return err
	}
	v := "unknown"
	if b, ok := debug.ReadBuildInfo(); ok {
		v = b.Main.Version
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
				v = s.Value
			}
		}
	}
	_, err := fmt.Fprintf(p.stdout, "longrun %s %s %s/%s\n", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
