namespace Channels.Generators;

/// <summary>One [On] method, reduced to what the generated code needs.</summary>
/// <param name="Event">The event's name.</param>
/// <param name="Method">The method's name as source text.</param>
/// <param name="Parameters">What it takes, in order.</param>
/// <param name="Returns">What it returns.</param>
internal sealed record EventHandlerModel(string Event, string Method, EquatableArray<EventParameter> Parameters, EventReturn Returns)
{
    /// <summary>Whether the method acknowledges by itself.</summary>
    public bool Acknowledges => Parameters.Any(parameter => parameter.Kind == EventParameterKind.Acknowledgement);
}

/// <summary>One parameter of an [On] method.</summary>
/// <param name="Kind">What it is given.</param>
/// <param name="Type">The argument's type as source text; else empty.</param>
/// <param name="RefusesNull">Whether the argument must not be null.</param>
/// <param name="Default">What it is when it is missing, as source text; null when it must be there.</param>
internal sealed record EventParameter(EventParameterKind Kind, string Type, bool RefusesNull, string? Default);

/// <summary>What a parameter of an [On] method is given.</summary>
internal enum EventParameterKind
{
    Argument,
    Arguments,
    Acknowledgement,
    Token,
}

/// <summary>What an [On] method returns.</summary>
internal enum EventReturn
{
    Void,
    Task,
    ValueTask,
    Result,
    TaskOfResult,
    ValueTaskOfResult,
}
