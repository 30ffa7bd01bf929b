package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"devops-go/internal/secret"
)

// A leak is a secret in the history or the configuration.
type leak struct {
	place leakPlace
	step  int    // from 1; 0 for the configuration alone
	what  string // keyword of the instruction it is in
	name  string
	kind  string
}

// A leakPlace is where a rule looks for secrets.
type leakPlace uint8

const (
	inInstruction leakPlace = iota
	inArgument
	inVariable
	inLabel
	inMetadata
)

// leakRule returns the check for the leaks of one place.
func leakRule(place leakPlace) func(*auditor, func(Finding)) {
	what := map[leakPlace]string{inArgument: "build argument", inVariable: "variable", inLabel: "label"}[place]
	return func(a *auditor, found func(Finding)) {
		for _, l := range a.leaks {
			switch {
			case l.place != place:
			case place == inMetadata:
				message := "the " + l.what + " holds a secret: " + l.kind
				if l.name != "" {
					message += " (" + a.secrets.Redact(l.name) + ")"
				}
				found(Finding{Message: message, key: l.what + " " + l.kind + " " + l.name, masked: true})
			case place != inInstruction:
				found(Finding{Step: l.step, Message: fmt.Sprintf("%s %s is a secret: %s", what, a.secrets.Redact(l.name), l.kind), key: l.name, masked: true})
			default:
				message := l.what + " holds a secret: " + l.kind
				if l.name != "" {
					message += " (" + a.secrets.Redact(l.name) + ")"
				}
				found(Finding{Step: l.step, Message: message, key: l.kind + " " + l.name, masked: true})
			}
		}
	}
}

// findLeaks finds and learns the secrets of history and configuration, so that
// all are known when the first finding is written.
func (a *auditor) findLeaks(ctx context.Context) error {
	if err := a.readProvenance(ctx); err != nil {
		return err
	}
	a.leaksOfInstructions()
	a.leaksOfArguments()
	config := &a.img.Config.Config
	a.leaksOfPairs(inVariable, "ENV", splitArguments(config.Env))
	var labels []pair
	for _, name := range slices.Sorted(maps.Keys(config.Labels)) {
		labels = append(labels, pair{name, config.Labels[name]})
	}
	a.leaksOfPairs(inLabel, "LABEL", labels)
	a.leaksOfProvenance()
	return a.leaksOfMetadata(ctx)
}

// leaksOfInstructions looks at what isn't ENV, ARG or LABEL, and at the
// commands of the configuration, which the history may not tell of.
func (a *auditor) leaksOfInstructions() {
	seen := map[string]bool{}
	take := func(step int, keyword, text string, spans []secret.Span) {
		for _, s := range spans {
			value := text[s.Start:s.End]
			a.learnLeak(value)
			if step == 0 && seen[value] {
				continue
			}
			seen[value] = true
			a.leaks = append(a.leaks, leak{inInstruction, step, keyword, s.Name, s.Kind})
		}
	}
	for i, s := range a.steps {
		switch s.keyword {
		case "ENV", "ARG", "LABEL":
		default:
			take(i+1, s.keyword, s.rest, s.secrets)
		}
		take(i+1, "comment", s.comment, a.matcher.Find(s.comment))
	}
	look := func(keyword, text string) { take(0, keyword, text, a.matcher.Find(text)) }
	config := &a.img.Config.Config
	look("ENTRYPOINT", quoted(config.Entrypoint))
	look("CMD", quoted(config.Cmd))
	look("ONBUILD", strings.Join(config.OnBuild, "\n"))
	if config.Healthcheck != nil {
		look("HEALTHCHECK", quoted(config.Healthcheck.Test))
	}
}

// quoted writes a command in exec form.
func quoted(words []string) string { return fmt.Sprintf("%q", words) }

func (a *auditor) leaksOfArguments() {
	seen := map[pair]bool{}
	for i, s := range a.steps {
		pairs := s.arguments
		if s.keyword == "ARG" {
			pairs = append(slices.Clone(pairs), splitPairs(s.rest)...)
		}
		for _, p := range pairs {
			if !seen[p] {
				seen[p] = a.takePair(inArgument, p, i+1)
			}
		}
	}
}

// readProvenance reads what is attested about the image's making. What can't be
// read is said in a note.
func (a *auditor) readProvenance(ctx context.Context) error {
	if a.img.Made == nil && a.opts.Depth != Shallow {
		if err := a.img.ReadProvenance(ctx); err != nil {
			a.notes = append(a.notes, fmt.Sprintf("the provenance was not looked at: %v", err))
		}
	}
	if a.img.Made != nil {
		a.stateBase()
	}
	return ctx.Err()
}

// leaksOfProvenance looks at the build arguments that the provenance records,
// used or not, and at the sources that the build followed.
func (a *auditor) leaksOfProvenance() {
	if a.img.Made == nil {
		return
	}
	for _, argument := range a.img.Made.Arguments {
		if p := (pair{argument.Name, argument.Value}); !a.leaked[p.value] {
			a.takePair(inArgument, p, 0)
		}
	}
	for _, file := range a.img.Made.Files {
		for _, s := range a.matcher.Find(file.Content) {
			value := file.Content[s.Start:s.End]
			if !a.leaked[value] {
				a.learnLeak(value)
				a.leaks = append(a.leaks, leak{place: inMetadata, what: "provenance's copy of " + file.Name, name: s.Name, kind: s.Kind})
			}
		}
	}
}

// leaksOfPairs looks at the pairs of the configuration and at those that an
// instruction of that keyword once set.
func (a *auditor) leaksOfPairs(place leakPlace, keyword string, config []pair) {
	seen := map[pair]bool{}
	for i, s := range a.steps {
		if s.keyword != keyword {
			continue
		}
		for _, p := range splitPairs(s.rest) {
			if !seen[p] {
				seen[p] = a.takePair(place, p, i+1)
			}
		}
	}
	for _, p := range config {
		if !seen[p] {
			a.takePair(place, p, 0)
		}
	}
}

// takePair takes in the secrets of a pair, and reports whether there are any.
func (a *auditor) takePair(place leakPlace, p pair, step int) bool {
	spans := a.matcher.FindValue(p.name, p.value)
	for _, s := range spans {
		a.learnLeak(p.value[s.Start:s.End])
	}
	if len(spans) > 0 {
		a.leaks = append(a.leaks, leak{place: place, step: step, name: p.name, kind: spans[0].Kind})
	}
	return len(spans) > 0
}
