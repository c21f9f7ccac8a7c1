package openai

import (
	"encoding/json"
	"fmt"
	"strings"
)

func (r *Request) parseMessages(path string, raw json.RawMessage) error {
	return array(path, raw, func(path string, raw json.RawMessage) error {
		var m Message
		err := object(path, raw, fields{
			"role":         text(&m.Role),
			"content":      m.parseContent,
			"name":         accept, // templates have no place for it
			"refusal":      only("refusals are not kept", "null"),
			"tool_calls":   notYet,
			"tool_call_id": notYet,
			"audio":        notYet,
		})
		if err != nil {
			return err
		}
		switch m.Role {
		case "developer": // OpenAI's newer word
			m.Role = "system"
		case "system", "user", "assistant":
		case "tool", "function":
			return invalid(path+".role", "tools are not supported yet")
		default:
			return invalid(path+".role", fmt.Sprintf("is %q, not system, user or assistant", m.Role))
		}
		r.Messages = append(r.Messages, m)
		return nil
	})
}

// parseContent takes a string or a list of text parts, which are joined.
func (m *Message) parseContent(path string, raw json.RawMessage) error {
	if json.Unmarshal(raw, &m.Content) == nil {
		return nil
	}
	var parts []string
	err := array(path, raw, func(path string, raw json.RawMessage) error {
		part, err := parsePart(path, raw)
		parts = append(parts, part)
		return err
	})
	m.Content = strings.Join(parts, "")
	return err
}

func parsePart(path string, raw json.RawMessage) (string, error) {
	var kind, content string
	err := object(path, raw, fields{
		"type":        text(&kind),
		"text":        text(&content),
		"image_url":   accept, // refused below, by its kind
		"input_audio": accept,
		"file":        accept,
	})
	if err != nil {
		return "", err
	}
	if kind != "text" {
		return "", invalid(path+".type", fmt.Sprintf("%q is not supported yet, only text", kind))
	}
	return content, nil
}

func (r *Request) parseStreamOptions(path string, raw json.RawMessage) error {
	return object(path, raw, fields{"include_usage": boolean(&r.IncludeUsage), "include_obfuscation": accept})
}

// parseStop takes a string or a list of up to four.
func (r *Request) parseStop(path string, raw json.RawMessage) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		r.Stop = []string{one}
	} else if json.Unmarshal(raw, &r.Stop) != nil {
		return invalid(path, "must be a string or a list of strings")
	}
	if len(r.Stop) > maxStops {
		return invalid(path, fmt.Sprintf("holds %d strings; at most %d are allowed", len(r.Stop), maxStops))
	}
	for _, s := range r.Stop {
		if s == "" {
			return invalid(path, "must not hold an empty string")
		}
	}
	return nil
}

func parseResponseFormat(path string, raw json.RawMessage) error {
	var kind string
	if err := object(path, raw, fields{"type": text(&kind), "json_schema": accept}); err != nil {
		return err
	}
	if kind != "text" {
		return invalid(path+".type", fmt.Sprintf("%q is not supported yet, only text", kind))
	}
	return nil
}
