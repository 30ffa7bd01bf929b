package compare

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"devops-go/internal/image"
)

// A ConfigChange is a field of the configuration that differs. A value that an
// image lacks is empty.
type ConfigChange struct {
	Field string `json:"field"`
	A     string `json:"a"`
	B     string `json:"b"`
}

// diffConfigs compares how the images run, field by field, variables, labels,
// ports and volumes one by one.
func diffConfigs(a, b *image.Image) []ConfigChange {
	x, y := configFields(&a.Config), configFields(&b.Config)
	names := map[string]bool{}
	for name := range x {
		names[name] = true
	}
	for name := range y {
		names[name] = true
	}
	changes := []ConfigChange{}
	for name := range names {
		if x[name] != y[name] {
			changes = append(changes, ConfigChange{name, x[name], y[name]})
		}
	}
	slices.SortFunc(changes, func(p, q ConfigChange) int { return strings.Compare(p.Field, q.Field) })
	return changes
}

func configFields(c *image.Config) map[string]string {
	r := &c.Config
	fields := map[string]string{
		"platform":   c.Platform.String(),
		"user":       r.User,
		"workingDir": r.WorkingDir,
		"stopSignal": r.StopSignal,
		"entrypoint": words(r.Entrypoint),
		"cmd":        words(r.Cmd),
		"shell":      words(r.Shell),
		"onBuild":    words(r.OnBuild),
	}
	if r.Healthcheck != nil {
		h := r.Healthcheck
		fields["healthcheck"] = fmt.Sprintf("%s interval=%s timeout=%s startPeriod=%s retries=%d",
			words(h.Test), h.Interval, h.Timeout, h.StartPeriod, h.Retries)
	}
	for _, pair := range r.Env {
		name, value, _ := strings.Cut(pair, "=")
		fields["env "+name] = value
	}
	for name, value := range r.Labels {
		fields["label "+name] = value
	}
	for name := range r.ExposedPorts {
		fields["port "+name] = "exposed"
	}
	for name := range r.Volumes {
		fields["volume "+name] = "mounted"
	}
	return fields
}

func words(list []string) string {
	if len(list) == 0 {
		return ""
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings only
	}
	return string(b)
}
