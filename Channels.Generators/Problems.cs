using Microsoft.CodeAnalysis;

namespace Channels.Generators;

/// <summary>Everything the generator can complain about. Each text names the culprit and the remedy.</summary>
internal static class Problems
{
    public static readonly DiagnosticDescriptor NotPartial = Error("CHN001", "A class with [Handles] or [Answers] methods must be partial",
        "'{0}' must be partial, because the dispatch to the [Handles] and [Answers] methods of '{1}' is generated into it: write 'partial class'");

    public static readonly DiagnosticDescriptor NotConsumer = Error("CHN002", "[Handles] and [Answers] belong into a consumer",
        "'{0}' has [Handles] or [Answers] methods but does not derive from Channels.Consumer: nothing would ever call them");

    public static readonly DiagnosticDescriptor Duplicate = Error("CHN003", "Two methods handle one type",
        "'{0}' and '{1}' both handle '{2}'{3}: give one of them another type, or join them");

    public static readonly DiagnosticDescriptor NotOrdinary = Error("CHN004", "A handler must be an ordinary instance method",
        "'{0}' cannot be a handler because it is {1}: make it an ordinary instance method");

    public static readonly DiagnosticDescriptor WrongReturn = Error("CHN005", "A handler returns void, Task or ValueTask",
        "'{0}' returns '{1}': a handler returns void, Task or ValueTask{2}");

    public static readonly DiagnosticDescriptor WrongParameters = Error("CHN006", "A handler takes at most a payload and a CancellationToken",
        "'{0}' cannot be a handler because {1}: a handler takes at most one payload by value, and behind it at most one CancellationToken");

    public static readonly DiagnosticDescriptor WrongPayload = Error("CHN007", "A handler's payload has an unknown type",
        "'{0}' takes '{1}', which is none of: ChannelMessage, MessageMap, a record with [Message] or that implements ITypedMessage of itself, a base whose [JsonDerivedType] attributes name records with [Message], an Event type of your own{2}");

    public static readonly DiagnosticDescriptor InvalidType = Error("CHN008", "A message type is empty or invalid",
        "'{0}' handles '{1}', which is no message type: it must begin with a letter or a digit, hold no white space, and have at most 200 characters");

    public static readonly DiagnosticDescriptor Reserved = Error("CHN009", "A message type belongs to a protocol",
        "'{0}' handles '{1}', but no layer message may pass for an event of a connection: override the On… method of the base class for events of a protocol, or choose a type of your own");

    public static readonly DiagnosticDescriptor OwnDispatch = Error("CHN010", "DispatchAsync is both written and generated",
        "'{0}' overrides DispatchAsync and has [Handles] or [Answers] methods: keep one of the two, since the attributes generate that override");

    public static readonly DiagnosticDescriptor FileLocal = Error("CHN011", "A file-local class cannot be completed by the generator",
        "'{0}' is local to its file, so the dispatch of '{1}' cannot be generated into it: make it internal, or override DispatchAsync by hand");

    public static readonly DiagnosticDescriptor OtherMessageType = new("CHN012", "The name rule gives another type than the payload's own",
        "'{0}' handles '{1}' by its name, but '{2}' is sent as '{3}': write [Handles(\"{3}\")] or rename the method", "Channels", DiagnosticSeverity.Warning, isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor MessageNotPartial = Error("CHN013", "A record with [Message] must be partial",
        "'{0}' must be partial, because MessageType and MessageTypeInfo of '{1}' are generated into it: write 'partial {2}'");

    public static readonly DiagnosticDescriptor NoContract = Error("CHN014", "The JSON context has no contract for the message",
        "'{0}' has no contract for '{1}': add [JsonSerializable(typeof({1}))] to '{0}', or [JsonDerivedType(typeof({1}), …)] to a base that it has one for");

    public static readonly DiagnosticDescriptor NoContext = Error("CHN015", "[Message] names a JSON context",
        "'{0}' names '{1}', which is no JsonSerializerContext: name a partial class that derives from it and has [JsonSerializable(typeof({0}))]");

    public static readonly DiagnosticDescriptor InvalidMessageType = Error("CHN016", "A message type is empty or invalid",
        "'{0}' has the type '{1}', which is no message type: it must begin with a letter or a digit, hold no white space, and have at most 200 characters");

    public static readonly DiagnosticDescriptor ReservedMessageType = Error("CHN017", "A message type belongs to a protocol",
        "'{0}' has the type '{1}', but types that begin with 'websocket.', 'http.', 'lifespan.' and 'connection.' belong to connections: choose a type of your own");

    public static readonly DiagnosticDescriptor TypeProperty = Error("CHN018", "A message's property is called 'type'",
        "'{0}' has the property '{1}', whose name is where messages keep their own type: call it otherwise, or give it another name with [JsonPropertyName]");

    public static readonly DiagnosticDescriptor UnfitMessage = Error("CHN019", "The record cannot be completed by the generator",
        "'{0}' cannot be a message because {1}: no JSON context can name it");

    public static readonly DiagnosticDescriptor OwnMembers = Error("CHN020", "The members of a message are both written and generated",
        "'{0}' has [Message] and a '{1}' of its own: keep one of the two, since the attribute generates the members of ITypedMessage");

    public static readonly DiagnosticDescriptor WrongAnswer = Error("CHN021", "A method that answers requests returns no answer",
        "'{0}' returns '{1}': a method with [Answers] returns a record with [Message] or that implements ITypedMessage of itself, a MessageMap, a ChannelMessage, or nothing, at once or in a Task or ValueTask");

    public static readonly DiagnosticDescriptor RouterNotPartial = Error("CHN031", "A class with [SocketRoute] methods must be partial",
        "'{0}' must be partial, because the routes of '{1}' are generated into it: write 'partial class'");

    public static readonly DiagnosticDescriptor NotRouter = Error("CHN032", "[SocketRoute] belongs into a socket router",
        "'{0}' has [SocketRoute] methods but does not derive from Channels.SocketRouter.SocketRouterConsumer: nothing would ever call them");

    public static readonly DiagnosticDescriptor UnfitRouter = Error("CHN033", "The router cannot be completed by the generator",
        "'{0}' cannot have [SocketRoute] methods because {1}: write its table of routes by hand, or take a class that is neither");

    public static readonly DiagnosticDescriptor UnknownStage = Error("CHN034", "A stage of a route is not found",
        "The route of '{0}' names '{1}' as its {2}, but {3}");

    public static readonly DiagnosticDescriptor WrongStage = Error("CHN035", "A stage of a route has the wrong form",
        "'{0}' cannot be a stage of a route because {1}: {2}");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Channels", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
