namespace Conformance;

/// <summary>Whom to greet.</summary>
/// <param name="Name">The name.</param>
internal sealed record RouterName(string Name);

/// <summary>How long to wait.</summary>
/// <param name="Ms">Milliseconds.</param>
internal sealed record RouterWait(int Ms);

/// <summary>How far to count.</summary>
/// <param name="To">The last number.</param>
internal sealed record RouterCount(int To);

/// <summary>A thing as clients see it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Title">Its title.</param>
internal sealed record RouterThing(int Id, string Title);

/// <summary>What to publish.</summary>
/// <param name="Topic">Where.</param>
/// <param name="Payload">The content.</param>
/// <param name="Event">What it is; <c>message</c> when it is left out.</param>
internal sealed record RouterMessage(string Topic, System.Text.Json.JsonElement Payload, string? Event = null);

/// <summary>Where a message stands in its topic.</summary>
/// <param name="Epoch">The life of the history.</param>
/// <param name="Offset">The number.</param>
internal sealed record RouterPosition(string Epoch, long Offset);
