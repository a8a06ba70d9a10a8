using Channels;
using Microsoft.Extensions.Logging;

namespace JobWorker._1;

/// <summary>Does the jobs. A job is done when its method returns, and tried again when it throws.</summary>
public sealed partial class GreetingConsumer(ILogger<GreetingConsumer> log) : Consumer
{
    [Handles]
    private void Greet(Greet job) => log.LogInformation("Hello, {Name}!", job.Name);
}
