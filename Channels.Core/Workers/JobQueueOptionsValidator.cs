using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Checks <see cref="JobQueueOptions"/> when the host starts.</summary>
[OptionsValidator]
internal sealed partial class JobQueueOptionsValidator : IValidateOptions<JobQueueOptions>;
