package main

func tinyVerb([]string) error { return nil }
