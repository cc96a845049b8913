package jinja

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/longrun-ai/longrun/internal/kit"
)

// The reference rendered its goldens at this time.
var goldenNow = time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)

// known lists the goldens this engine does not match, and why. A test fails when one of them begins to.
var known = map[string]string{
	"Kimi-K2-Instruct/tools_result":         "the reference's sandbox refuses list.append, which the unit goldens want",
	"Kimi-K2-Instruct/tools_result_strargs": "the reference's sandbox refuses list.append, which the unit goldens want",
}

type rendered struct {
	Template, Source string
	Cases            []struct {
		Scenario        string
		Context         json.RawMessage
		Expected, Error *string
	}
}

func render(source string, context []byte) (string, error) {
	t, err := Parse(source)
	if err != nil {
		return "", err
	}
	vars, err := FromJSON(context)
	if err != nil {
		return "", err
	}
	out, err := t.Render(vars.(*Dict), goldenNow)
	return out.S, err
}

func load(t *testing.T, path string, v any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}

func TestTemplates(t *testing.T) {
	t.Run("whole", func(t *testing.T) { templates(t, filepath.Join(kit.Dir(t), "cases", "templates_rendered.json")) })
	t.Run("copied", func(t *testing.T) {
		templates(t, filepath.Join(kit.Testdata(t), "kit", "cases", "templates_rendered.json"))
	})
}

func templates(t *testing.T, path string) {
	var all []rendered
	load(t, path, &all)
	count := 0
	for _, x := range all {
		for _, c := range x.Cases {
			count++
			name := x.Template + "/" + c.Scenario
			got, err := render(x.Source, c.Context)
			good := err == nil && c.Expected != nil && got == *c.Expected || err != nil && c.Expected == nil
			why, isKnown := known[name]
			switch {
			case isKnown && good:
				t.Errorf("%s passes now: take it off the list (%s)", name, why)
			case isKnown || good:
			case c.Expected == nil:
				t.Errorf("%s: rendered, want the error %s", name, *c.Error)
			default:
				t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, *c.Expected)
			}
		}
	}
	if count == 0 {
		t.Errorf("%s holds no case", path)
	}
}

func TestUnits(t *testing.T) {
	t.Run("whole", func(t *testing.T) { units(t, filepath.Join(kit.Dir(t), "cases", "jinja_unit.json")) })
	t.Run("copied", func(t *testing.T) { units(t, filepath.Join(kit.Testdata(t), "kit", "cases", "jinja_unit.json")) })
}

func units(t *testing.T, path string) {
	var all []struct {
		Name, Template, Expected string
		Vars                     json.RawMessage
	}
	load(t, path, &all)
	if len(all) == 0 {
		t.Errorf("%s holds no case", path)
	}
	for _, u := range all {
		got, err := render(u.Template, u.Vars)
		why, isKnown := known[u.Name]
		if good := err == nil && got == u.Expected; good == isKnown {
			t.Errorf("%s: %v\n%s\n got %q\nwant %q %s", u.Name, err, u.Template, got, u.Expected, why)
		}
	}
}
