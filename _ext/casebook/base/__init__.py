"""What every feature of the press rests on: the domain, directives, placeholders, links."""
