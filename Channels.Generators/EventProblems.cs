using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>What the generator can complain about in handlers of Socket.IO events. Each text names the culprit and the remedy.</summary>
internal static class EventProblems
{
    public static readonly DiagnosticDescriptor NotPartial = Error("CHN040", "A class with [On] methods must be partial",
        "'{0}' must be partial, because the dispatch to the [On] methods of '{1}' is generated into it: write 'partial class'");

    public static readonly DiagnosticDescriptor NotConsumer = Error("CHN041", "[On] belongs into a consumer of Socket.IO",
        "'{0}' has [On] methods but does not derive from Channels.SocketIO.SocketIOConsumer: nothing would ever call them");

    public static readonly DiagnosticDescriptor Duplicate = Error("CHN042", "Two methods handle one event",
        "'{0}' and '{1}' both handle the event '{2}': give one of them another name, or join them");

    public static readonly DiagnosticDescriptor NotOrdinary = Error("CHN043", "A handler of an event must be an ordinary instance method",
        "'{0}' cannot be a handler because it is {1}: make it an ordinary instance method");

    public static readonly DiagnosticDescriptor WrongReturn = Error("CHN044", "A handler of an event cannot be 'async void'",
        "'{0}' is 'async void': return Task or ValueTask, so that its end and its failure are seen");

    public static readonly DiagnosticDescriptor WrongParameters = Error("CHN045", "A handler of an event cannot take a parameter",
        "'{0}' cannot be a handler because {1}");

    public static readonly DiagnosticDescriptor WrongName = Error("CHN046", "An event has a name that clients do not send",
        "'{0}' handles '{1}', which {2}: give the event another name, or override OnConnectAsync or OnDisconnectAsync");

    public static readonly DiagnosticDescriptor OwnDispatch = Error("CHN047", "DispatchEventAsync is both written and generated",
        "'{0}' overrides DispatchEventAsync and has [On] methods: keep one of the two, since the attribute generates that override; to see all events override OnEventAsync");

    public static readonly DiagnosticDescriptor FileLocal = Error("CHN048", "A file-local class cannot be completed by the generator",
        "'{0}' is local to its file, so the dispatch of '{1}' cannot be generated into it: make it internal, or override DispatchEventAsync by hand");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Channels", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
