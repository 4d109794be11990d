"""What the dispatcher's console and the map read: queue, reasons, lanes, candidates."""
