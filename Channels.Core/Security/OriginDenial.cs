using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>What origin validators have in common: the refusal with 403 before the handshake, and the log.</summary>
internal static partial class OriginDenial
{
    private const string Category = "Channels.Security";

    /// <summary>Lets the connection in or refuses it.</summary>
    /// <param name="objection">Why it is refused, or null.</param>
    /// <param name="inner">Where it goes when it is let in.</param>
    /// <param name="scope">The facts about the connection.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    public static Task DecideAsync(string? objection, Application inner, WebSocketScope scope, Receive receive, Send send)
    {
        if (objection is not null)
        {
            return DenyAsync(objection, scope, receive, send);
        }

        if (scope.TryGet(OriginCheck.Key, out var check))
        {
            check.Replace();
        }

        return inner(scope, receive, send);
    }

    /// <summary>Warns about entries that can never match.</summary>
    public static void Warn(OriginList list, string validator, IServiceProvider services)
    {
        if (list.Useless.Count == 0 || services.GetService<ILoggerFactory>()?.CreateLogger(Category) is not { } logger)
        {
            return;
        }

        foreach (var (entry, remedy) in list.Useless)
        {
            Log.NeverMatches(logger, validator, entry, remedy);
        }
    }

    private static async Task DenyAsync(string objection, WebSocketScope scope, Receive receive, Send send)
    {
        if (scope.Services.GetService<ILoggerFactory>()?.CreateLogger(Category) is { } logger && logger.IsEnabled(LogLevel.Information))
        {
            var (path, origin) = (HeaderText.Escape(scope.Path), HeaderText.Escape(scope.Headers["origin"]));
            Log.Refused(logger, path, objection, origin);
        }

        if (await receive() is not WebSocketDisconnect)
        {
            await send(new WebSocketClose());
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4010, LogLevel.Information, "Refused websocket '{Path}' with 403: its origin {Objection} ('{Origin}')")]
        public static partial void Refused(ILogger logger, string path, string objection, string origin);

        [LoggerMessage(4011, LogLevel.Warning, "The entry '{Entry}' of {Validator} never matches: {Remedy}")]
        public static partial void NeverMatches(ILogger logger, string validator, string entry, string remedy);
    }
}
