package flags

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		args, sets, rest string
		err              string
	}{
		{"", "", "", ""},
		{"-port 80", "port=80", "", ""},
		{"--port=80 x", "port=80", "x", ""},
		{"-v x -port 80", "v=true port=80", "x", ""},
		{"x y -v", "v=true", "x y", ""},
		{"x -- -v", "", "x -v", ""},
		{"-log", "log=true", "", ""},
		{"-log false x", "log=false", "x", ""},
		{"-log true -v", "log=true v=true", "", ""},
		{"-log x", "log=true", "x", ""},
		{"-log -v", "log=true v=true", "", ""},
		{"-log=0", "log=0", "", ""},
		{"x -nope", "", "", "-nope: no such flag"},
		{"-v=false", "v=false", "", ""},
		{"-v -- -port", "v=true", "-port", ""},
		{"-port= a", "port=", "a", ""},
		{"- a", "", "- a", ""},
		{"-port=a=b", "port=a=b", "", ""},
		{"-port", "", "", "-port: want a value: -port N"},
		{"-nope", "", "", "-nope: no such flag"},
		{"-port bad", "", "", `-port="bad": no good`},
		{"-help", "", "", "help requested"},
		{"--h", "", "", "help requested"},
	} {
		var sets []string
		set := func(name string) func(string) error {
			return func(v string) error {
				if v == "bad" {
					return errors.New("no good")
				}
				sets = append(sets, name+"="+v)
				return nil
			}
		}
		rest, err := Parse([]Flag{
			{Name: "port", Arg: "N", Set: set("port")},
			{Name: "v", Set: set("v")},
			{Name: "log", Arg: "true|false", Optional: true, Set: set("log")},
		}, strings.Fields(tt.args))
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%q: error %v, want %s", tt.args, err, tt.err)
			}
			continue
		}
		if err != nil || strings.Join(sets, " ") != tt.sets || !slices.Equal(rest, strings.Fields(tt.rest)) {
			t.Errorf("%q: set %v, rest %q, %v", tt.args, sets, rest, err)
		}
	}
}
