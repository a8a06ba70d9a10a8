using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

public sealed class KestrelLoggersTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecord _log = new();

    [Test]
    [Proves("FG-9")]
    public void A_line_that_a_peer_repeats_is_written_once_and_then_counted()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace));
        using var loggers = new KestrelLoggers(factory, _time);
        var logger = loggers.CreateLogger("Kestrel.Http2");
        for (var i = 0; i < 1000; i++)
        {
            logger.Log(LogLevel.Critical, new EventId(60, "QueueExceeded"), "a queue is full");
        }

        Assert.That(_log.Lines.Select(line => (line.Level, line.Text)), Is.EqualTo(new[] { (LogLevel.Critical, "a queue is full") }));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(_log.Lines[^1].Text, Does.StartWith("999 more").And.Contain("QueueExceeded").And.Contain("Kestrel.Http2"));
    }

    [Test]
    public void Another_line_and_what_is_for_debugging_are_written_in_full()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace));
        using var loggers = new KestrelLoggers(factory, _time);
        var logger = loggers.CreateLogger("Kestrel.Http2");
        logger.Log(LogLevel.Warning, new EventId(1, "One"), "one");
        logger.Log(LogLevel.Warning, new EventId(2, "Other"), "other");
        logger.Log(LogLevel.Debug, new EventId(3, "Detail"), "detail");
        logger.Log(LogLevel.Debug, new EventId(3, "Detail"), "detail");

        Assert.That(_log.Lines.Select(line => line.Text), Is.EqualTo(new[] { "one", "other", "detail", "detail" }));
    }
}
